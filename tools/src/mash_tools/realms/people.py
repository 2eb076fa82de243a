# SPDX-License-Identifier: EUPL-1.2
"""Demo logins: who can sign in to a realm that was made to be tried out."""

import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Person:
    """A login with a public password. Its roles are exactly these, without the realm's default ones."""

    username: str
    given_name: str
    family_name: str
    email: str
    password: str
    roles: tuple[str, ...]
    birth_date: str = ""
    street: str = ""
    """With the house number."""
    postal_code: str = ""
    town: str = ""

    @property
    def attributes(self) -> dict[str, list[str]]:
        """What Keycloak keeps of it, by the names its mapper for addresses looks for."""
        named = {
            # Not `birthdate`: Keycloak's scope `profile` would put that into everybody's tokens.
            "birth_date": self.birth_date,
            "street": self.street,
            "postal_code": self.postal_code,
            "locality": self.town,
        }
        return {name: [value] for name, value in named.items() if value}


OFFICE = "office:"
"""A clerk with a role `office:<id>` works for that office only; without any, for all of the city."""
OPERATORS = (Person("olga", "Olga", "Betrieb", "olga@operators.example", "demo", ("operator",)),)


def people_of(city: Path) -> tuple[Person, ...]:
    """The demo logins of a city's folder, none where it has no people.toml that can be used."""
    file = city / "people.toml"
    if not file.is_file():
        return ()
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("people", [])
        return tuple(_person(one) for one in found)
    except (OSError, ValueError, KeyError, TypeError) as err:
        # One city's demo logins are no reason to keep the others waiting.
        log.error("%s is left out (%s); ./mash city check %s says more", file, err, city.name)  # noqa: TRY400
        return ()


def offices_of(city: Path) -> tuple[str, ...]:
    """The ids of a city's offices, none where it has no offices.toml that can be used."""
    try:
        found = tomllib.loads((city / "offices.toml").read_text(encoding="utf-8")).get("offices", [])
        return tuple(str(office["id"]) for office in found)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        log.error("%s has no usable offices.toml (%s)", city, err)  # noqa: TRY400
        return ()


def _person(said: dict[str, Any]) -> Person:
    offices = said.get("offices", ())
    plain = {key: value for key, value in said.items() if key not in {"roles", "offices"}}
    return Person(roles=(*said["roles"], *(f"{OFFICE}{office}" for office in offices)), **plain)
