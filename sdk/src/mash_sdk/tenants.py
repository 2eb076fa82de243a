# SPDX-License-Identifier: EUPL-1.2
"""Who the platform serves: the municipalities, from the folder `cities/`."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

OPERATORS = "operators"
"""The realm and tenant of those who run the platform. No municipality may be called so."""


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
    languages: tuple[str, ...] = ("de",)
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
        found: dict[str, Tenant] = {}
        for file in sorted(folder.glob("*/city.toml")):
            try:
                tenant = Tenant.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
            except (tomllib.TOMLDecodeError, ValidationError) as err:
                raise TenantError(f"{file}: {err}") from err
            if tenant.name != file.parent.name:
                raise TenantError(f"{file}: name is {tenant.name!r}, but the folder is {file.parent.name!r}")
            if tenant.name == OPERATORS:
                raise TenantError(f"{file}: {OPERATORS!r} is the operators' own realm; choose another name")
            found[tenant.name] = tenant
        if not found:
            raise TenantError(f"{folder} holds no city: add a folder with a city.toml")
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
