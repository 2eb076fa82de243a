# SPDX-License-Identifier: EUPL-1.2
"""What other services may ask of sensors by gRPC."""

from mash.sensors.v1.sensors_pb2 import GetThingRequest, GetThingResponse
from mash.sensors.v1.sensors_pb2_grpc import ThingServiceServicer
from mash_sdk import rpc
from mash_sdk.ids import parse_id
from mash_sensors.service import ThingService


class ThingRpc(ThingServiceServicer):
    def __init__(self, things: ThingService) -> None:
        self._things = things

    async def GetThing(self, request: GetThingRequest, _context: object) -> GetThingResponse:  # noqa: N802 — the contract's name
        thing = await self._things.get(parse_id(request.thing_id, "/thing_id"), rpc.unit())
        return GetThingResponse(thing_id=thing.id, name=thing.name, description=thing.description)
