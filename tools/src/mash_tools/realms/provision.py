# SPDX-License-Identifier: EUPL-1.2
"""Bring Keycloak to what the cities' folders say: a realm each and the operators'. Again changes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from keycloak import KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError, KeycloakError

from mash_sdk.tenants import TenantError, Tenants
from mash_tools.problems import LauncherError
from mash_tools.realms.keeper import RealmKeeper, RealmReport
from mash_tools.realms.people import offices_of, people_of
from mash_tools.realms.shape import Realm, Representation, operators_site, realm_of, site_of


@dataclass(frozen=True, slots=True)
class Report:
    """What was created or changed, realm by realm."""

    realms: tuple[RealmReport, ...]

    @property
    def changed(self) -> bool:
        return any(realm.created or realm.changed for realm in self.realms)

    def __str__(self) -> str:
        return "\n".join(map(str, self.realms))


def provision(
    keycloak_url: str,
    admin_user: str,
    admin_password: str,
    cities: Path,
    public_url: str,
    client_jwks: Mapping[str, Representation],
    demo: bool,  # noqa: FBT001 — the launcher's door, always called by keyword
    only: Iterable[str] = (),
    modules: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Report:
    """Create or update the realm of every city under `cities` and the operators' realm.

    `client_jwks`: each service's and module's name → its public key set. `modules`: which are modules, and
    whom each may ask; a module's client that is not among them any more is switched off. `only`: realms to
    look at; none given = all.
    Raises LauncherError when Keycloak cannot be reached, refuses, or a realm must not be changed so.
    """
    try:
        tenants = Tenants.load(cities, public_url)
    except TenantError as err:
        raise LauncherError(f"No realm can be made: {err}.") from err
    sites = [
        site_of(
            city,
            people_of(cities / city.name),
            public_url,
            demo=demo,
            offices=offices_of(cities / city.name),
        )
        for city in tenants.values()
    ]
    sites.append(operators_site(public_url, demo=demo))
    chosen = set(only)
    realms = [
        realm_of(s, keycloak_url, client_jwks, modules) for s in sites if not chosen or s.realm in chosen
    ]
    with said(keycloak_url):
        # One login for all threads: a login costs more than everything an unchanged realm needs.
        first = administrator(keycloak_url, admin_user, admin_password)
        first.get_token()
        # Making a realm changes the master realm too, which Keycloak does not do in parallel.
        creating = Lock()

        def keep(realm: Realm) -> RealmReport:
            connection = administrator(keycloak_url, admin_user, admin_password, first.token)
            return RealmKeeper(connection, creating).keep(realm)

        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="realms") as threads:
            return Report(tuple(threads.map(keep, realms)))


def administrator(
    keycloak_url: str, user: str, password: str, token: Mapping[str, object] | None = None
) -> KeycloakOpenIDConnection:
    """The administrator's connection, which renews its `token` when that runs out."""
    return KeycloakOpenIDConnection(
        server_url=keycloak_url,
        username=user,
        password=password,
        # Else it would ask the realm that is worked on, which knows neither token nor administrator.
        user_realm_name="master",
        token=dict(token) if token else None,
    )


@contextmanager
def said(keycloak_url: str) -> Iterator[None]:
    """What went wrong with Keycloak, as one sentence that says what to do."""
    try:
        yield
    except KeycloakConnectionError as err:
        message = f"Keycloak does not answer at {keycloak_url}; start it or correct the URL."
        raise LauncherError(message) from err
    except KeycloakAuthenticationError as err:
        raise LauncherError(
            f"Keycloak at {keycloak_url} refuses the administrator's login; correct user and password."
        ) from err
    except KeycloakError as err:
        raise LauncherError(
            f"Keycloak at {keycloak_url} refused a change ({err.response_code}): {err.error_message!r}; "
            "its log says more."
        ) from err
