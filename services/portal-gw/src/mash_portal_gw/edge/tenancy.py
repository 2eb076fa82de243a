# SPDX-License-Identifier: EUPL-1.2
"""Whose page is asked for: by host name, else by the first path segment (DESIGN §2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from mash_sdk.tenants import OPERATORS, Tenant, Tenants

OPS = "/ops"


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant and the path behind it. `tenant` empty: no tenant was named."""

    tenant: str
    prefix: str
    """What stands before the tenant's own paths: empty for a host of its own, else `/heidelberg`."""
    path: str
    raw_path: bytes
    title: str = ""

    @property
    def is_operators(self) -> bool:
        return self.tenant == OPERATORS


class Tenancy:
    """Finds the tenant of a request."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants: Mapping[str, Tenant] = dict(tenants)
        self._of_host = tenants.of_host

    def find(self, host: str, path: str, raw_path: bytes) -> Place:
        """Where the request leads. Its tenant is empty when neither host nor path names one."""
        tenant = self._of_host(host)
        if tenant is not None:
            return Place(tenant.name, "", path, raw_path, tenant.title)
        first = path[1:].partition("/")[0]
        prefix = f"/{first}"
        # An escaped tenant name (`/%68eidelberg`) is none: prefix and raw path would not match.
        if raw_path.startswith(prefix.encode()):
            if first == OPS[1:]:
                return _behind(OPERATORS, prefix, path, raw_path, "Betrieb")
            known = self._tenants.get(first)
            if known is not None:
                return _behind(known.name, prefix, path, raw_path, known.title)
        return Place("", "", path, raw_path)


def _behind(tenant: str, prefix: str, path: str, raw_path: bytes, title: str) -> Place:
    return Place(tenant, prefix, path[len(prefix) :] or "/", raw_path[len(prefix) :] or b"/", title)
