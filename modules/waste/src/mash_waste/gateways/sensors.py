# SPDX-License-Identifier: EUPL-1.2
"""Asks sensors by gRPC which datastreams of a city measure how full something is."""

from collections.abc import Mapping, Sequence
from typing import Final

from mash.sensors.v1.datastreams_pb2 import ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import DatastreamServiceStub
from mash_sdk.rpc import Peers
from mash_waste.service.ports import Source

PURPOSE: Final = "know which sensors measure which bin"
PAGE: Final = 500
OBSERVED: Final = "https://smartdatamodels.org/dataModel.WasteManagement/fillingLevel"
"""Of the Smart Data Models; there a share of 1, at sensors also per cent."""
TO_PER_CENT: Final[Mapping[str, float]] = {"%": 1.0, "1": 100.0}
"""By UCUM code."""


class SensorsGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(DatastreamServiceStub, address)

    async def sources(self, tenant: str) -> Sequence[Source]:
        found: list[Source] = []
        after = ""
        while True:
            request = ListDatastreamsRequest(observes=[OBSERVED], limit=PAGE, after=after)
            answer = await self._peers.call(
                self._stub.ListDatastreams, request, tenant=tenant, purpose=PURPOSE
            )
            assert isinstance(answer, ListDatastreamsResponse)  # noqa: S101 — the stub's own type
            found += [
                Source(one.id, one.place, TO_PER_CENT[one.unit], one.valid_for.ToTimedelta())
                for one in answer.datastreams
                if one.unit in TO_PER_CENT
            ]
            after = answer.next
            if not after:
                return found
