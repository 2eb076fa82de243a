# SPDX-License-Identifier: EUPL-1.2
"""Which services and modules there are: the entry points `mash.services` and `mash.modules`, nothing else."""

from dataclasses import dataclass
from importlib.metadata import entry_points

from mash_sdk.manifest import Manifest
from mash_sdk.names import Names

GATEWAY = "portal-gw"


@dataclass(frozen=True, slots=True)
class Module:
    """An installed service or module."""

    package: str
    manifest: Manifest

    @property
    def names(self) -> Names:
        return Names(self.manifest.name)

    @property
    def routes(self) -> list[str]:
        """The path prefixes its manifest asks for."""
        return [route.path for route in self.manifest.routes]


def services() -> list[Module]:
    """What `./mash up` starts, by name. A module is started as a process of its own: `./mash module run`."""
    return _named("mash.services")


def installed() -> list[Module]:
    """Services and modules, by name."""
    return sorted(services() + _named("mash.modules"), key=lambda one: one.manifest.name)


def _named(group: str) -> list[Module]:
    packages = sorted({point.value for point in entry_points(group=group)})
    return [Module(package, Manifest.of(package)) for package in packages]
