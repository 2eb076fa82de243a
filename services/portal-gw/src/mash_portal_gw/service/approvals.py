# SPDX-License-Identifier: EUPL-1.2
"""What the operator has approved: a module's name, its public key, its paths, where it may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from mash_portal_gw.model.origin import Origin
from mash_sdk.manifest import Manifest, Route, overlap, under, unfit


class ApprovalsError(Exception):
    """The approvals file cannot be used; the text says why."""


class NotApproved(Exception):
    """The announcement is genuine or not, but the operator did not approve what it says."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    jwk: dict[str, Any]
    routes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Whom it may ask by gRPC: Keycloak sees to that, not the gateway."""
    origins: tuple[str, ...] = ()
    roles: dict[str, tuple[str, ...]] | None = None
    platform: bool = False


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
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the operator saw for a path: whoever may pass there has one of these. Not named: not bound."""
    refused: str = ""
    """Why the entry gives nothing, whatever it says."""

    def check(self, manifest: Manifest, origin: str) -> Origin:
        """The origin to forward to. Raise NotApproved, saying what exceeds the approval."""
        if self.refused:
            raise NotApproved(self.refused)
        try:
            parsed = Origin.parse(origin)
        except ValueError as err:
            raise NotApproved(str(err)) from err
        if self.origins and not any(fnmatchcase(origin, pattern) for pattern in self.origins):
            raise NotApproved(f"origin {origin} is not approved")
        for route in manifest.routes:
            fault = unfit(route.path)
            if fault is not None:
                raise NotApproved(fault)
            if not any(under(route.path, prefix) for prefix in self.routes):
                raise NotApproved(f"route {route.path} is not approved")
        self._check_roles(manifest)
        return parsed

    def _check_roles(self, manifest: Manifest) -> None:
        """Below a path that was approved for some nobody else may pass, by whichever route."""
        for route in manifest.routes:
            above = [path for path in self.roles if under(route.path, path)]
            self._ask(route, max(above, key=len, default=None))
        for path in self.roles:
            answers = manifest.route_of(path)
            if answers is not None:
                self._ask(answers, path)

    def _ask(self, route: Route, path: str | None) -> None:
        asked = self.roles.get(path, ()) if path is not None else ()
        if asked and not set() < set(route.roles) <= set(asked):
            raise NotApproved(
                f"route {route.path} lets others pass than was approved for {path}: {', '.join(asked)}"
            )


def approve(name: str, key: ECKey, routes: tuple[str, ...], origins: tuple[str, ...] = ()) -> Approval:
    return Approval(name, key, key.thumbprint(), routes, origins)


def parse(content: bytes, where: str) -> Mapping[str, Approval]:
    """The approvals: `{"forms": {"jwk": {…}, "routes": ["/api/forms", …], "origins": […]}}`.

    Raises ApprovalsError naming `where` they came from. An entry whose routes are not its to have stays, with
    `refused`: it gives nothing, and the others go on.
    """
    try:
        entries = _File.model_validate_json(content).root
        faults = _faults(entries)
        return {
            name: Approval(
                name,
                key := ECKey.import_key(entry.jwk),
                key.thumbprint(),
                () if name in faults else entry.routes,
                entry.origins,
                entry.roles or {},
                faults.get(name, ""),
            )
            for name, entry in entries.items()
        }
    except ValidationError as err:
        raise ApprovalsError(f"{where}: {err}") from None
    except (JoseError, ValueError, TypeError) as err:
        raise ApprovalsError(f"{where}: a jwk is no EC public key ({err})") from err


def _faults(entries: Mapping[str, _Entry]) -> Mapping[str, str]:
    """Entry → why it gives nothing.

    The platform's own services share paths among themselves (`/account` and `/account/mailbox`) and come
    before modules. Of two modules nobody knows which one was meant: neither gets anything.
    """
    faults = {
        name: fault
        for name, entry in entries.items()
        if (fault := next(filter(None, map(unfit, entry.routes)), None)) is not None
    }
    services = {name for name, entry in entries.items() if entry.platform}
    modules = entries.keys() - services
    # Who gets nothing anyway takes nothing from others: hence one after the other.
    for own, others in ((services, services), (modules, services), (modules, modules)):
        left = {name: entry for name, entry in entries.items() if name not in faults}
        against = {name: left[name] for name in others & left.keys()}
        found = {name: _collision(name, left[name], against) for name in own & left.keys()}
        faults |= {name: fault for name, fault in found.items() if fault is not None}
    return {name: f"the approval gives nothing: {fault}" for name, fault in faults.items()}


def _collision(name: str, own: _Entry, others: Mapping[str, _Entry]) -> str | None:
    for path in own.routes:
        for other, entry in others.items():
            for theirs in entry.routes if other != name else ():
                if path == theirs if own.platform else overlap(path, theirs):
                    return f"route {path} collides with {theirs} of {other}"
    return None
