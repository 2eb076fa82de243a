# SPDX-License-Identifier: EUPL-1.2
"""A client that nobody here wrote, Fraunhofer's frost-sta-client, over HTTP: it can do here what it can."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import frost_sta_client as fsc
import pytest
import uvicorn
from frost_sta_client.model.ext.data_array_document import DataArrayDocument
from frost_sta_client.model.ext.data_array_value import DataArrayValue
from frost_sta_client.model.ext.unitofmeasurement import UnitOfMeasurement

from mash_sdk.testing import Bench

# The client's own, of a library it uses.
pytestmark = pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated:DeprecationWarning")

POINT = {"type": "Point", "coordinates": [8.69, 49.41]}
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


class Bearer(fsc.AuthHandler):  # type: ignore[misc]
    """The client knows passwords only; requests lets it say anything."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def add_auth_header(self) -> Callable[[Any], Any]:
        def sign(request: Any) -> Any:
            request.headers["authorization"] = f"Bearer {self._token}"
            return request

        return sign


class Front:
    """What the gateway does: the city is in the path outside, in a header inside."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        inside = scope["path"].removeprefix("/heidelberg")
        headers = [*scope["headers"], (b"mash-tenant", b"heidelberg")]
        await self.app({**scope, "path": inside, "headers": headers}, receive, send)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], listener: socket.socket) -> Bench:
    return await bench_of("mash_sensors", public_url=f"http://127.0.0.1:{listener.getsockname()[1]}")


@pytest.fixture
async def service(bench: Bench, listener: socket.socket) -> AsyncIterator[fsc.SensorThingsService]:
    front = Front()
    front.app = bench.app
    server = uvicorn.Server(uvicorn.Config(front, lifespan="off", log_config=None))
    served = asyncio.create_task(server.serve(sockets=[listener]))

    async def turn() -> None:
        while True:
            await bench.settle()
            await asyncio.sleep(0.005)

    turning = asyncio.create_task(turn())
    while not server.started:  # noqa: ASYNC110 — uvicorn tells it by this attribute alone
        await asyncio.sleep(0.005)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/heidelberg/api/sensors/sta/v1.1"
    yield fsc.SensorThingsService(url, auth_handler=Bearer(bench.token(roles=["editor"])))
    server.should_exit = True
    turning.cancel()
    await asyncio.gather(turning, served, return_exceptions=True)


def made(service: fsc.SensorThingsService) -> tuple[Any, Any]:
    """A Thing with a Location, and its Datastream, made by a deep insert."""
    place = fsc.Location(name="hier", description="da", location=POINT, encoding_type="application/geo+json")
    thing = fsc.Thing(name="Mast", description="am Ufer", properties={"owner": "Stadt"}, locations=[place])
    service.create(thing)
    stream = fsc.Datastream(
        name="Luft",
        description="Temperatur",
        observation_type=MEASUREMENT,
        unit_of_measurement=UnitOfMeasurement(name="degree Celsius", symbol="°C", definition="ucum:Cel"),
        thing=fsc.Thing(id=thing.id),
        sensor=fsc.Sensor(name="s", description="d", encoding_type="text/plain", metadata="m"),
        observed_property=fsc.ObservedProperty(
            name="air", definition="https://example.org/air", description="d"
        ),
    )
    service.create(stream)
    return thing, stream


async def test_it_makes_finds_changes_and_deletes(service: fsc.SensorThingsService) -> None:
    def use() -> None:
        thing, stream = made(service)
        found = service.things().find(thing.id)
        assert (found.name, found.properties) == ("Mast", {"owner": "Stadt"})
        found.name = "Pfahl"
        service.update(found)
        assert service.things().find(thing.id).name == "Pfahl"
        service.patch(found, [{"op": "replace", "path": "/description", "value": "neu"}])
        assert service.things().find(thing.id).description == "neu"
        things = (
            service.things().query().filter("startswith(name,'Pf')").expand("Locations,Datastreams").list()
        )
        [only] = list(things)
        assert [one.location for one in only.locations] == [POINT]
        assert [one.name for one in only.datastreams] == ["Luft"]
        [there] = list(only.get_datastreams().query().list())
        assert there.unit_of_measurement.symbol == "°C"
        service.delete(found)
        assert list(service.datastreams().query().list()) == []
        assert stream.id

    await asyncio.to_thread(use)


async def test_it_writes_observations_and_walks_through_them(service: fsc.SensorThingsService) -> None:
    def use() -> None:
        _, stream = made(service)
        one = fsc.Observation(
            phenomenon_time="2026-03-01T10:00:00Z", result=0.5, datastream=fsc.Datastream(id=stream.id)
        )
        service.create(one)
        assert service.observations().find(one.id).result == 0.5
        rows = DataArrayValue()
        rows.components = {DataArrayValue.Property.PHENOMENON_TIME, DataArrayValue.Property.RESULT}
        rows.datastream = stream
        for minute in range(1, 6):
            rows.add_observation(
                fsc.Observation(phenomenon_time=f"2026-03-01T10:0{minute}:00Z", result=minute)
            )
        document = DataArrayDocument()
        document.add_data_array_value(rows)
        assert len(service.observations().create(document)) == 5
        walked = stream.get_observations().query().orderby("phenomenonTime", "DESC").top(2).count().list()
        assert walked.count == 6
        assert [each.result for each in walked] == [5, 4, 3, 2, 1, 0.5]
        odd = service.observations().query().filter("result mod 2 eq 1 and Datastream/name eq 'Luft'").list()
        assert sorted(each.result for each in odd) == [1, 3, 5]
        [feature] = list(service.features_of_interest().query().list())
        assert feature.feature == POINT

    await asyncio.to_thread(use)
