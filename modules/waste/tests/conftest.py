# SPDX-License-Identifier: EUPL-1.2
"""The module on a bench, with gRPC doors in place of sensors and forms, and bins that report."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import grpc.aio
import httpx
import pytest
from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import OUTCOME_APPROVED, ApplicationDecided
from mash.forms.v1.forms_pb2 import GetHandedAnswersRequest, GetHandedAnswersResponse
from mash.forms.v1.forms_pb2_grpc import (
    ApplicationServiceServicer,
    add_ApplicationServiceServicer_to_server,
)
from mash.sensors.v1.datastreams_pb2 import Datastream, ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import (
    DatastreamServiceServicer,
    add_DatastreamServiceServicer_to_server,
)
from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_waste.gateways.sensors import OBSERVED
from mash_waste.service.catalogue import Catalogue

E = TypeVar("E", bound=Message)
PLACES = {
    "Papier Bergheim": "%",
    "Papier Hauptbahnhof": "1",
    "Glas Bergheim": "%",
    "Papier Bismarckplatz": "m",
}
"""Things with the unit they measure in; nothing can be told from the last."""


@dataclass
class Sensors(DatastreamServiceServicer):
    """Answers as sensors does."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    datastreams: dict[str, Datastream] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, unit in PLACES.items():
            one = Datastream(
                id=new_id(), thing_id=place, place=place, observes=OBSERVED, unit=unit, demo=True
            )
            one.valid_for.FromTimedelta(timedelta(hours=12))
            self.datastreams[place] = one

    async def ListDatastreams(  # noqa: N802
        self, request: ListDatastreamsRequest, context: Any
    ) -> ListDatastreamsResponse:
        self.asked.append(dict(context.invocation_metadata())["mash-purpose"])
        known = sorted(self.datastreams.values(), key=lambda one: one.id)
        fit = [one for one in known if one.observes in request.observes and one.id > request.after]
        return ListDatastreamsResponse(datastreams=fit[:2], next=fit[1].id if len(fit) > 2 else "")


@dataclass
class Forms(ApplicationServiceServicer):
    """Hands out what is put here; everything else is not found."""

    address: str = ""
    away: bool = False
    asked: list[str] = field(default_factory=list)
    handed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def order(self, **answers: Any) -> str:
        """An approved application."""
        said = {"wish": "order", "litres": 120, "from_day": "2026-03-10", "street": "Hauptstraße"}
        said |= {"house_number": "1", "postal_code": "69117", "town": "Heidelberg"}
        name = new_id()
        self.handed[name] = {**said, **answers}
        return name

    async def GetHandedAnswers(  # noqa: N802
        self, request: GetHandedAnswersRequest, context: Any
    ) -> GetHandedAnswersResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        self.asked.append(dict(context.invocation_metadata())["mash-purpose"])
        if request.application_id not in self.handed:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return GetHandedAnswersResponse(
            application_id=request.application_id,
            form="blaue-tonne",
            reference="HD-7K2M-9QXC",
            answers=json.dumps(self.handed[request.application_id]),
        )


@pytest.fixture
async def sensors() -> AsyncIterator[Sensors]:
    server, sensors = grpc.aio.server(), Sensors()
    add_DatastreamServiceServicer_to_server(sensors, server)
    sensors.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield sensors
    await server.stop(0)


@pytest.fixture
async def forms() -> AsyncIterator[Forms]:
    server, forms = grpc.aio.server(), Forms()
    add_ApplicationServiceServicer_to_server(forms, server)
    forms.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield forms
    await server.stop(0)


@dataclass
class Town:
    """Bins that report now, and offices that decide."""

    bench: Bench
    sensors: Sensors
    forms: Forms

    def batch(self, place: str, level: float, hours: float = 0) -> ObservationBatch:
        """Observed so many hours before now."""
        now = self.bench.clock.now()
        batch = ObservationBatch(source_id=place, message_id=new_id())
        batch.received_at.FromDatetime(now)
        one = Observation(id=new_id(), datastream_id=self.sensors.datastreams[place].id, number=level)
        one.phenomenon_time.FromDatetime(now - timedelta(hours=hours))
        batch.observations.append(one)
        return batch

    async def report(self, place: str, *levels: float) -> None:
        """Two hours apart, the last one now."""
        for at, level in enumerate(levels):
            await self.bench.receive(self.batch(place, level, 2 * (len(levels) - 1 - at)))

    def decided(self, application: str, outcome: int = OUTCOME_APPROVED) -> ApplicationDecided:
        return ApplicationDecided(
            application_id=application,
            applicant_id="anna",
            decision_id=new_id(),
            outcome=outcome,  # type: ignore[arg-type]
            form="blaue-tonne",
        )

    def person(self, role: str) -> httpx.AsyncClient:
        """With a token of now: hours pass in these tests."""
        return self.bench.client(subject=new_id(), roles=(role,))

    async def told(self, event: type[E]) -> list[E]:
        """What was announced, once all of it is sent."""
        await self.bench.settle()
        return self.bench.announced(event)

    async def seen(self, bin_id: str = "papier-bergheim") -> dict[str, Any]:
        """What everybody reads of a bin."""
        found = (await self.bench.visitor().get("/api/waste/v1/bins")).json()["items"]
        return dict(next(one for one in found if one["id"] == bin_id))


@pytest.fixture
def town_with(
    bench_of: Callable[..., Awaitable[Bench]], sensors: Sensors, forms: Forms
) -> Callable[..., Awaitable[Town]]:
    """Makes a bench with settings; it has asked which sensors there are."""

    async def make(**settings: object) -> Town:
        doors = {"sensors_grpc": sensors.address, "forms_grpc": forms.address, "plan_seconds": 0.3}
        bench = await bench_of("mash_waste", **{**doors, **settings})
        catalogue = bench.program.provides[Catalogue]
        assert isinstance(catalogue, Catalogue)
        with bench.program.telemetry.active():
            assert await catalogue.look()
        return Town(bench, sensors, forms)

    return make


@pytest.fixture
async def town(town_with: Callable[..., Awaitable[Town]]) -> Town:
    return await town_with()
