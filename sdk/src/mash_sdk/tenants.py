# SPDX-License-Identifier: EUPL-1.2
"""Who the platform serves: the municipalities, from the folder `cities/`."""

import logging
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

OPERATORS = "operators"
"""The realm and tenant of those who run the platform. No municipality may be called so."""
RESERVED = frozenset(
    {
        *("ops", OPERATORS, "api", "assets", "healthz", "readyz", "metrics"),
        *("login", "logout", "callback", "master", "admin", "realms"),
    }
)
"""Paths and realms of the platform's own: no municipality may be called so."""

log = logging.getLogger(__name__)


class TenantError(Exception):
    """A city's folder that cannot be used; the text says which file and why."""


class Tenant(BaseModel):
    """A municipality, from its city.toml."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    title: str
    full_title: str
    ags: Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
    """Amtlicher Gemeindeschlüssel, eight digits."""
    hosts: tuple[str, ...] = ()
    languages: Annotated[tuple[str, ...], Field(min_length=1)] = ("de",)
    timezone: str = "Europe/Berlin"
    demo: bool = False
    """Its facts are demo data, and are shown so."""


class Tenants(Mapping[str, Tenant]):
    """The municipalities by name, and how their pages are addressed."""

    def __init__(self, tenants: Mapping[str, Tenant], folder: Path, public_url: str) -> None:
        self._tenants = dict(tenants)
        self.folder = folder
        self._public_url = public_url.rstrip("/")
        self._by_host = {host: tenant for tenant in tenants.values() for host in tenant.hosts}

    @classmethod
    def load(cls, folder: Path, public_url: str) -> "Tenants":
        """Every city that can be used; the others are logged. Raises TenantError if none is left."""
        found, left_out = read(folder)
        for name, reason in left_out.items():
            log.error("%s is left out: %s", name, reason)
        if not found:
            why = "; ".join(left_out.values()) or "add a folder with a city.toml"
            raise TenantError(f"{folder} holds no city{' that can be used' if left_out else ''}: {why}")
        return cls(found, folder, public_url)

    def __getitem__(self, name: str) -> Tenant:
        return self._tenants[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tenants)

    def __len__(self) -> int:
        return len(self._tenants)

    def of_host(self, host: str) -> Tenant | None:
        return self._by_host.get(host.lower())

    def url(self, name: str, path: str = "/") -> str:
        """The outside URL of a tenant's page: its own host where it has one, else a path segment."""
        if name != OPERATORS and self[name].hosts:
            return f"https://{self[name].hosts[0]}{path}"
        return f"{self._public_url}/{'ops' if name == OPERATORS else name}{path}"


def read(folder: Path) -> tuple[dict[str, Tenant], dict[str, str]]:
    """The cities that can be used, and by folder why another cannot: its file and the reason."""
    found: dict[str, Tenant] = {}
    left_out: dict[str, str] = {}
    for file in sorted(folder.glob("*/city.toml")):
        try:
            found[file.parent.name] = _tenant(file)
        except TenantError as err:
            left_out[file.parent.name] = str(err)
    return found, left_out


def _tenant(file: Path) -> Tenant:
    try:
        tenant = Tenant.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as err:
        raise TenantError(f"{file}: {_said(err)}") from err
    except OSError as err:
        raise TenantError(f"{file}: cannot be read ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise TenantError(f"{file}: is not UTF-8") from err
    except tomllib.TOMLDecodeError as err:
        raise TenantError(f"{file}: {err}") from err
    if tenant.name != file.parent.name:
        raise TenantError(f"{file}: name is {tenant.name!r}, but the folder is {file.parent.name!r}")
    if tenant.name in RESERVED:
        raise TenantError(f"{file}: {tenant.name!r} is a name the platform itself uses; choose another")
    return tenant


def _said(error: ValidationError) -> str:
    """What is wrong with each key, in one line."""
    parts = []
    for detail in error.errors(include_url=False):
        where = ".".join(map(str, detail["loc"]))
        missing = detail["type"] == "missing"
        parts.append(
            f"{where} is missing"
            if missing
            else f"{where} = {detail['input']!r} is not right ({detail['msg']})"
        )
    return "; ".join(parts)
