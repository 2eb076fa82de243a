# SPDX-License-Identifier: EUPL-1.2
"""Use case: which streets the module knows."""

from typing import Protocol

from mash_winter.model.network import Network


class Networks(Protocol):
    async def of(self, tenant: str) -> Network:
        """The city's network; an empty one where it has none."""
        ...


class StreetService:
    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    async def network(self, tenant: str) -> Network:
        return await self._networks.of(tenant)
