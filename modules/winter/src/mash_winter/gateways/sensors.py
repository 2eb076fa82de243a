# SPDX-License-Identifier: EUPL-1.2
"""Asks sensors by gRPC which datastreams a city has, and where."""

import json
import math
from collections.abc import AsyncIterator, Sequence

from mash.sensors.v1.datastreams_pb2 import Datastream, ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import DatastreamServiceStub
from mash_sdk.rpc import Peers
from mash_winter.model.layout import Source
from mash_winter.model.network import Location
from mash_winter.model.stock import OBSERVED as FILLING
from mash_winter.model.stock import TO_PER_CENT, Gauge
from mash_winter.model.weather import OBSERVED

PURPOSE = "know which sensors speak for which street"
LEVELS = "know which sensors measure which grit container"
PAGE = 500


class SensorsGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(DatastreamServiceStub, address)

    async def sources(self, tenant: str) -> Sequence[Source]:
        known = [_source(one) async for one in self._listed(tenant, list(OBSERVED), PURPOSE)]
        return [one for one in known if one is not None]

    async def gauges(self, tenant: str) -> Sequence[Gauge]:
        return [
            Gauge(one.id, one.place, TO_PER_CENT[one.unit], one.valid_for.ToTimedelta())
            async for one in self._listed(tenant, [FILLING], LEVELS)
            if one.unit in TO_PER_CENT
        ]

    async def _listed(self, tenant: str, observes: Sequence[str], purpose: str) -> AsyncIterator[Datastream]:
        after = ""
        while True:
            request = ListDatastreamsRequest(observes=observes, limit=PAGE, after=after)
            answer = await self._peers.call(
                self._stub.ListDatastreams, request, tenant=tenant, purpose=purpose
            )
            assert isinstance(answer, ListDatastreamsResponse)  # noqa: S101 — the stub's own type
            for one in answer.datastreams:
                yield one
            after = answer.next
            if not after:
                return


def _source(one: Datastream) -> Source | None:
    """None for what is measured in another unit than the decision reckons in."""
    quantity, unit = OBSERVED.get(one.observes, (None, ""))
    if quantity is None or one.unit != unit:
        return None
    return Source(one.id, one.place, _location(one.location), quantity, one.valid_for.ToTimedelta())


def _location(text: str) -> Location | None:
    """A point; None for anything else."""
    try:
        found = json.loads(text) if text else None
        if not isinstance(found, dict) or found.get("type") != "Point":
            return None
        longitude, latitude = (float(one) for one in found["coordinates"][:2])
    except (ValueError, KeyError, TypeError):
        return None
    inside = -180 <= longitude <= 180 and -90 <= latitude <= 90  # noqa: PLR2004 — degrees
    return (longitude, latitude) if inside and math.isfinite(longitude + latitude) else None
