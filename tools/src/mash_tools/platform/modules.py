# SPDX-License-Identifier: EUPL-1.2
"""Which services and modules there are: the entry points `mash.modules`, nothing else."""

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


def installed() -> list[Module]:
    """All of them, by name."""
    packages = sorted({point.value for point in entry_points(group="mash.modules")})
    return [Module(package, Manifest.of(package)) for package in packages]
