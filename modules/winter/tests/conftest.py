# SPDX-License-Identifier: EUPL-1.2
"""The module on a bench, with a gRPC door in place of sensors and devices that report."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc.aio
import pytest

from mash.notify.v1.notices_pb2 import (
    HandOverRequest,
    HandOverResponse,
    OfferSubjectsRequest,
    OfferSubjectsResponse,
)
from mash.notify.v1.notices_pb2_grpc import NoticeServiceServicer, add_NoticeServiceServicer_to_server
from mash.sensors.v1.datastreams_pb2 import Datastream, ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import (
    DatastreamServiceServicer,
    add_DatastreamServiceServicer_to_server,
)
from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_winter.model.stock import OBSERVED
from mash_winter.service.catalogue import Catalogue

CF = "http://vocab.nerc.ac.uk/standard_name/"
FIELDS = {
    "surface": ("surface_temperature/", "Cel"),
    "air": ("air_temperature/", "Cel"),
    "humidity": ("relative_humidity/", "%"),
    "precipitation": ("rainfall_rate/", "mm/h"),
}
CONTAINERS = {
    "Streugut Alte Brücke": "%",
    "Streugut Klingenteich": "1",
    "Streugut Kornmarkt": "%",
    "Streugut Karlstor": "m",
}
"""Things with the unit they measure in; nothing can be told from the last."""
PLACES = {
    "Alte Brücke": (8.7096, 49.4138),
    "Theodor-Heuss-Brücke": (8.6925, 49.4135),
    "Ernst-Walz-Brücke": (8.6765, 49.4120),
}


@dataclass
class Sensors(DatastreamServiceServicer):
    """Answers as sensors does: every place measures all four, two datastreams a page."""

    address: str = ""
    away: bool = False
    asked: list[str] = field(default_factory=list)
    datastreams: dict[tuple[str, str], Datastream] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, measured_in in CONTAINERS.items():
            one = Datastream(
                id=new_id(), thing_id=place, place=place, observes=OBSERVED, unit=measured_in, demo=True
            )
            one.valid_for.FromTimedelta(timedelta(hours=12))
            self.datastreams[place, "level"] = one
        for place, (longitude, latitude) in PLACES.items():
            for name, (observes, unit) in FIELDS.items():
                one = Datastream(
                    id=new_id(),
                    thing_id=place,
                    place=place,
                    location=f'{{"type": "Point", "coordinates": [{longitude}, {latitude}]}}',
                    observes=CF + observes,
                    unit=unit,
                    demo=True,
                )
                one.valid_for.FromTimedelta(timedelta(minutes=15))
                self.datastreams[place, name] = one

    async def ListDatastreams(  # noqa: N802
        self, request: ListDatastreamsRequest, context: Any
    ) -> ListDatastreamsResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        metadata = dict(context.invocation_metadata())
        self.asked.append(metadata["mash-purpose"])
        known = sorted(self.datastreams.values(), key=lambda one: one.id)
        fit = [one for one in known if one.observes in request.observes and one.id > request.after]
        return ListDatastreamsResponse(datastreams=fit[:2], next=fit[1].id if len(fit) > 2 else "")


@pytest.fixture
async def sensors() -> AsyncIterator[Sensors]:
    server, sensors = grpc.aio.server(), Sensors()
    add_DatastreamServiceServicer_to_server(sensors, server)
    sensors.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield sensors
    await server.stop(0)


@dataclass
class Notify(NoticeServiceServicer):
    """Takes what it is offered and handed over, once by id."""

    address: str = ""
    away: bool = False
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Places by subject."""
    told: dict[str, HandOverRequest] = field(default_factory=dict)

    async def OfferSubjects(self, request: OfferSubjectsRequest, _context: Any) -> OfferSubjectsResponse:  # noqa: N802
        for one in request.subjects:
            self.offered[one.name] = [place.id for place in one.places]
        return OfferSubjectsResponse()

    async def HandOver(self, request: HandOverRequest, context: Any) -> HandOverResponse:  # noqa: N802
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        self.told[request.notice_id] = request
        return HandOverResponse()

    def heard(self, segment: str = "alte-bruecke") -> list[tuple[str, bool]]:
        """Text, and whether it is over, of each notice of a segment."""
        return [(one.text, one.over) for one in self.told.values() if one.place_id == segment]


@pytest.fixture
async def notify() -> AsyncIterator[Notify]:
    server, notify = grpc.aio.server(), Notify()
    add_NoticeServiceServicer_to_server(notify, server)
    notify.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield notify
    await server.stop(0)


@dataclass
class Night:
    """Devices that report now; `settle` lets the module take it in."""

    bench: Bench
    sensors: Sensors

    def batch(self, place: str = "Alte Brücke", **values: float) -> ObservationBatch:
        now = self.bench.clock.now()
        batch = ObservationBatch(source_id=place, message_id=new_id())
        batch.received_at.FromDatetime(now)
        for name, value in values.items():
            one = Observation(
                id=new_id(), datastream_id=self.sensors.datastreams[place, name].id, number=value
            )
            one.phenomenon_time.FromDatetime(now)
            batch.observations.append(one)
        return batch

    async def report(self, place: str = "Alte Brücke", **values: float) -> ObservationBatch:
        batch = self.batch(place, **values)
        await self.bench.receive(batch)
        return batch

    async def hold(self, place: str, *levels: float) -> None:
        """What a container's sensor says, two hours apart, the last one now."""
        now = self.bench.clock.now()
        for at, level in enumerate(reversed(levels)):
            batch = self.batch(place, level=level)
            batch.observations[0].phenomenon_time.FromDatetime(now - timedelta(hours=2 * at))
            await self.bench.receive(batch)

    async def frost(self, times: int = 4) -> None:
        """Three hundred seconds apart: cold enough for long enough, and moist."""
        for _ in range(times):
            self.bench.clock.forward(seconds=300)
            await self.report(surface=-2.0, air=0.0, humidity=95.0, precipitation=0.0)

    async def known(self) -> bool:
        """Let the module ask which sensors there are. False if it got no answer."""
        catalogue = self.bench.program.provides[Catalogue]
        assert isinstance(catalogue, Catalogue)
        with self.bench.program.telemetry.active():
            return await catalogue.look()


@pytest.fixture
def night_in(
    bench_of: Callable[..., Awaitable[Bench]], sensors: Sensors, notify: Notify
) -> Callable[..., Awaitable[Night]]:
    """Makes a bench with settings; it has not asked which sensors there are."""

    async def make(**settings: object) -> Night:
        doors = {"sensors_grpc": sensors.address, "notify_grpc": notify.address}
        return Night(await bench_of("mash_winter", **doors, **settings), sensors)

    return make


@pytest.fixture
async def night(night_in: Callable[..., Awaitable[Night]]) -> Night:
    night = await night_in()
    assert await night.known()
    return night


@pytest.fixture
def bench(night: Night) -> Bench:
    """It has asked which sensors there are."""
    return night.bench
