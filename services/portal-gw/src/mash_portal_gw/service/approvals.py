# SPDX-License-Identifier: EUPL-1.2
"""What the operator has approved: a module's name, its public key, its paths, where it may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from mash_portal_gw.model.origin import Origin
from mash_sdk.manifest import Manifest

RESERVED: Final = (
    "/api/openapi.json",
    "/api/asyncapi.json",
    "/assets",
    "/callback",
    "/healthz",
    "/life",
    "/login",
    "/logout",
    "/metrics",
    "/ops",
    "/readyz",
)
"""Paths that are the gateway's own."""


class ApprovalsError(Exception):
    """The approvals file cannot be used; the text says why."""


class NotApproved(Exception):
    """The announcement is genuine or not, but the operator did not approve what it says."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    jwk: dict[str, Any]
    routes: tuple[str, ...]
    origins: tuple[str, ...] = ()


class _File(RootModel[dict[str, _Entry]]):
    pass


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved module. `routes` are path prefixes, `origins` patterns (`http://forms.*`; none: any)."""

    name: str
    key: ECKey = field(repr=False, compare=False)
    thumbprint: str
    routes: tuple[str, ...]
    origins: tuple[str, ...] = ()

    def check(self, manifest: Manifest, origin: str) -> Origin:
        """The origin to forward to. Raise NotApproved, saying what exceeds the approval."""
        try:
            parsed = Origin.parse(origin)
        except ValueError as err:
            raise NotApproved(str(err)) from err
        if self.origins and not any(fnmatchcase(origin, pattern) for pattern in self.origins):
            raise NotApproved(f"origin {origin} is not approved")
        for route in manifest.routes:
            if any(under(route.path, own) or under(own, route.path) for own in RESERVED):
                raise NotApproved(f"route {route.path} is the gateway's own")
            if not any(under(route.path, prefix) for prefix in self.routes):
                raise NotApproved(f"route {route.path} is not approved")
        return parsed


def approve(name: str, key: ECKey, routes: tuple[str, ...], origins: tuple[str, ...] = ()) -> Approval:
    return Approval(name, key, key.thumbprint(), routes, origins)


def parse(content: bytes, where: str) -> Mapping[str, Approval]:
    """The approvals: `{"forms": {"jwk": {…}, "routes": ["/api/forms", …], "origins": […]}}`.

    Raises ApprovalsError naming `where` they came from.
    """
    try:
        entries = _File.model_validate_json(content).root
        return {
            name: approve(name, ECKey.import_key(entry.jwk), entry.routes, entry.origins)
            for name, entry in entries.items()
        }
    except ValidationError as err:
        raise ApprovalsError(f"{where}: {err}") from None
    except (JoseError, ValueError, TypeError) as err:
        raise ApprovalsError(f"{where}: a jwk is no EC public key ({err})") from err


def under(path: str, prefix: str) -> bool:
    """Whether a path lies at or below a prefix, by whole segments."""
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")
