# SPDX-License-Identifier: EUPL-1.2
"""The operator's approvals in a data folder: a module's name, its public key, its routes.

`./mash up` approves the services; a module is approved once and stays so over restarts. The gateway looks
every three seconds whether the file changed.
"""

import json
from collections.abc import Sequence
from typing import Any

from mash_sdk.manifest import overlap, unfit
from mash_tools.approved import needs_of
from mash_tools.platform.folder import DataFolder
from mash_tools.platform.modules import Module, services
from mash_tools.problems import LauncherError

FILE = "approvals.json"
_TURN = "approvals"

Entry = dict[str, Any]


def read(folder: DataFolder) -> dict[str, Entry]:
    """Name → `{"jwk": …, "routes": […]}`; raises LauncherError for a file nobody can read."""
    file = folder.path / FILE
    try:
        found: dict[str, Entry] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise LauncherError(
            f"{file} cannot be read ({err}); remove it and approve the modules anew."
        ) from err
    return found


def keys(folder: DataFolder) -> dict[str, Any]:
    """Name → public key of everything that is approved."""
    return {name: entry["jwk"] for name, entry in read(folder).items()}


def modules(folder: DataFolder) -> dict[str, tuple[str, ...]]:
    """Each approved module → the services it may ask."""
    return needs_of(read(folder))


def keep(folder: DataFolder, own: Sequence[Module]) -> None:
    """Approve the services as they are now, and leave the modules as the operator approved them."""
    services = {one.manifest.name: _entry(folder, one) | {"platform": True} for one in own}
    with folder.turn(_TURN):
        folder.write(FILE, read(folder) | services)


def approve(folder: DataFolder, module: Module) -> None:
    """Raises LauncherError if one of its routes is another's, or the gateway's own."""
    for route in module.routes:
        fault = unfit(route)
        if fault is not None:
            raise LauncherError(f"{module.manifest.name}: {fault}; choose another path in module.toml.")
    if module.manifest.name in {service.manifest.name for service in services()}:
        raise LauncherError(f"{module.manifest.name} is a service of the platform; choose another name.")
    with folder.turn(_TURN):
        approved = read(folder)
        for name, entry in approved.items():
            for theirs in entry["routes"] if name != module.manifest.name else ():
                for route in module.routes:
                    if overlap(route, theirs):
                        raise LauncherError(
                            f"The route {route} of {module.manifest.name} cannot be approved: "
                            f"{theirs} belongs to {name}; choose another path in module.toml."
                        )
        folder.write(FILE, approved | {module.manifest.name: _entry(folder, module)})


def revoke(folder: DataFolder, name: str) -> None:
    """Raises LauncherError if there is no such approval, or if it is a service's."""
    if name in {service.manifest.name for service in services()}:
        raise LauncherError(f"{name} is a service of the platform itself; it cannot do without.")
    with folder.turn(_TURN):
        approved = read(folder)
        if approved.pop(name, None) is None:
            raise LauncherError(
                f"{name} is not approved; approved are: {', '.join(sorted(approved)) or 'none'}."
            )
        folder.write(FILE, approved)


def _entry(folder: DataFolder, module: Module) -> Entry:
    return {
        "jwk": folder.public_key(module.manifest.name),
        "routes": module.routes,
        "needs": list(module.manifest.needs),
        # One that is open to everybody is named as well: else the stricter one above it would hold there.
        "roles": {route.path: list(route.roles) for route in module.manifest.routes},
    }
