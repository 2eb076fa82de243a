# SPDX-License-Identifier: EUPL-1.2
"""OGC SensorThings API 1.1 (18-088), as far as it exists. What is not here is refused by name, not faked."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from mash_sdk.http import Allow, Fault, IdempotencyKey, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Invalid, NotImplementedYet, pointer
from mash_sdk.provide import Provide
from mash_sdk.tenants import Tenants
from mash_sensors.api.entities import (
    ROOT,
    DatastreamView,
    ObservationView,
    ObservedPropertyView,
    SensorView,
    SetView,
    Shown,
    ThingView,
)
from mash_sensors.api.options import Wanted, WantedByTime, key_of
from mash_sensors.service.reading import ReadingService
from mash_sensors.service.things import RegisterThing, ThingService

router = Router(prefix=ROOT, tags=["sensorthings"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Editor = Annotated[Principal, Depends(Allow("editor"))]
Things = Annotated[ThingService, Provide(ThingService)]
Reading = Annotated[ReadingService, Provide(ReadingService)]
Places = Annotated[Tenants, Provide(Tenants)]

ENTITY_SETS: Final = ("Things", "Datastreams", "Sensors", "ObservedProperties", "Observations")
_SPEC: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE: Final = [
    *(f"{_SPEC}datamodel/{entity}/properties" for entity in ("thing", "datastream", "sensor")),
    *(f"{_SPEC}datamodel/{entity}/properties" for entity in ("observed-property", "observation")),
    *(f"{_SPEC}datamodel/{entity}/relations" for entity in ("sensor", "observed-property")),
    _SPEC + "datamodel/entity-control-information/common-control-information",
    _SPEC + "request-data/query-status-code",
    _SPEC + "request-data/top",
    _SPEC + "request-data/skip",
    _SPEC + "request-data/count",
    _SPEC + "request-data/pagination",
]
"""Requirements that hold for the entity sets there are. Whole classes hold when all entities are there."""

_RELATED: Final = frozenset({"Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams"})
_THING, _DATASTREAM = "Dieses Thing", "Diesen Datastream"


async def _shown(who: Anyone, places: Places) -> Shown:
    return Shown(places, who.tenant)


Show = Annotated[Shown, Depends(_shown)]


class NewThing(BaseModel):
    """A Thing to register. Related entities within it (deep insert) are refused with 501."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1, max_length=500)
    description: str = Field(max_length=10_000)
    properties: dict[str, Any] | None = None


class EntitySet(BaseModel):
    name: str
    url: str


class Root(BaseModel):
    """The entity sets there are, and the requirements they meet."""

    value: list[EntitySet]
    server_settings: dict[str, list[str]] = Field(serialization_alias="serverSettings")


@router.get("")
async def root(_who: Anyone, show: Show) -> Root:
    """The entity sets."""
    sets = [EntitySet(name=name, url=show.url(f"/{name}")) for name in ENTITY_SETS]
    return Root(value=sets, server_settings={"conformance": CONFORMANCE})


@router.get("/Things", response_model_exclude_none=True)
async def list_things(
    _who: Anyone, wanted: Wanted, unit: InUnit, things: Things, show: Show
) -> SetView[ThingView]:
    """The city's Things."""
    return show.piece(await things.list(wanted.piece, unit), wanted, "/Things", show.thing)


@router.get("/Things({key})", response_model_exclude_none=True)
async def get_thing(key: str, _who: Anyone, unit: InUnit, things: Things, show: Show) -> ThingView:
    """One Thing; its id is a string, so the key stands in quotes: `Things('0192…')`."""
    return show.thing(await things.get(key_of(key, _THING), unit))


@router.post("/Things", status_code=201, response_model_exclude_none=True)
async def register_thing(
    body: NewThing,
    who: Editor,
    unit: InUnit,
    things: Things,
    places: Places,
    response: Response,
    _key: IdempotencyKey = None,  # the router answers a repeated key
) -> ThingView:
    """Register a Thing. `Location` names it."""
    _refuse_more(body.model_extra or {})
    thing = await things.register(RegisterThing(body.name, body.description, body.properties), unit)
    view = Shown(places, who.tenant).thing(thing)
    response.headers["location"] = view.iot_self_link
    return view


@router.get("/Things({key})/Datastreams")
async def list_datastreams_of_thing(
    key: str, _who: Anyone, wanted: Wanted, unit: InUnit, things: Things, reading: Reading, show: Show
) -> SetView[DatastreamView]:
    """What is observed at a Thing."""
    thing = await things.get(key_of(key, _THING), unit)
    listing = await reading.datastreams(thing.id, wanted.piece, unit)
    return show.piece(listing, wanted, f"/Things('{thing.id}')/Datastreams", show.datastream)


@router.get("/Datastreams")
async def list_datastreams(
    _who: Anyone, wanted: Wanted, unit: InUnit, reading: Reading, show: Show
) -> SetView[DatastreamView]:
    """The city's Datastreams."""
    listing = await reading.datastreams(None, wanted.piece, unit)
    return show.piece(listing, wanted, "/Datastreams", show.datastream)


@router.get("/Datastreams({key})")
async def get_datastream(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> DatastreamView:
    """One Datastream."""
    return show.datastream(await reading.datastream(key_of(key, _DATASTREAM), unit))


@router.get("/Datastreams({key})/Observations", response_model_exclude_none=True)
async def list_observations_of_datastream(
    key: str, _who: Anyone, wanted: WantedByTime, unit: InUnit, reading: Reading, show: Show
) -> SetView[ObservationView]:
    """By phenomenon time, the oldest first unless `$orderby` says otherwise."""
    entry = await reading.datastream(key_of(key, _DATASTREAM), unit)
    listing = await reading.observations(entry.id, wanted.piece_by("asc"), unit)
    return show.piece(listing, wanted, f"/Datastreams('{entry.id}')/Observations", show.observation)


@router.get("/Datastreams({key})/Thing", response_model_exclude_none=True)
async def get_thing_of_datastream(
    key: str, _who: Anyone, unit: InUnit, things: Things, reading: Reading, show: Show
) -> ThingView:
    """The Thing at which it is observed."""
    entry = await reading.datastream(key_of(key, _DATASTREAM), unit)
    return show.thing(await things.get(entry.thing_id, unit))


@router.get("/Datastreams({key})/Sensor")
async def get_sensor_of_datastream(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> SensorView:
    """The Sensor that observes it."""
    entry = await reading.datastream(key_of(key, _DATASTREAM), unit)
    return show.sensor(await reading.sensor(entry.sensor_id, unit))


@router.get("/Datastreams({key})/ObservedProperty")
async def get_property_of_datastream(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> ObservedPropertyView:
    """What is observed."""
    entry = await reading.datastream(key_of(key, _DATASTREAM), unit)
    return show.observed_property(await reading.property(entry.property_id, unit))


@router.get("/Sensors")
async def list_sensors(
    _who: Anyone, wanted: Wanted, unit: InUnit, reading: Reading, show: Show
) -> SetView[SensorView]:
    """The city's Sensors."""
    return show.piece(await reading.sensors(wanted.piece, unit), wanted, "/Sensors", show.sensor)


@router.get("/Sensors({key})")
async def get_sensor(key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show) -> SensorView:
    """One Sensor."""
    return show.sensor(await reading.sensor(key_of(key, "Diesen Sensor"), unit))


@router.get("/ObservedProperties")
async def list_properties(
    _who: Anyone, wanted: Wanted, unit: InUnit, reading: Reading, show: Show
) -> SetView[ObservedPropertyView]:
    """What is observed in the city."""
    listing = await reading.properties(wanted.piece, unit)
    return show.piece(listing, wanted, "/ObservedProperties", show.observed_property)


@router.get("/ObservedProperties({key})")
async def get_property(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> ObservedPropertyView:
    """One ObservedProperty."""
    found = await reading.property(key_of(key, "Diese ObservedProperty"), unit)
    return show.observed_property(found)


@router.get("/Observations", response_model_exclude_none=True)
async def list_observations(
    _who: Anyone, wanted: WantedByTime, unit: InUnit, reading: Reading, show: Show
) -> SetView[ObservationView]:
    """In the order in which they came, unless `$orderby` says otherwise."""
    listing = await reading.observations(None, wanted.piece_by("id"), unit)
    return show.piece(listing, wanted, "/Observations", show.observation)


@router.get("/Observations({key})", response_model_exclude_none=True)
async def get_observation(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> ObservationView:
    """One Observation."""
    return show.observation(await reading.observation(key_of(key, "Diese Observation"), unit))


@router.get("/Observations({key})/Datastream")
async def get_datastream_of_observation(
    key: str, _who: Anyone, unit: InUnit, reading: Reading, show: Show
) -> DatastreamView:
    """The Datastream it belongs to."""
    observation = await reading.observation(key_of(key, "Diese Observation"), unit)
    return show.datastream(await reading.datastream(observation.datastream_id, unit))


def _refuse_more(extra: Mapping[str, Any]) -> None:
    deep = sorted(key for key in extra if key.partition("@")[0] in _RELATED)
    if deep:
        raise NotImplementedYet(
            f"Ein Thing lässt sich noch nicht zusammen mit {', '.join(deep)} anlegen.",
            errors=[Fault(f"/{key}", "geht noch nicht", "Weglassen.") for key in deep],
        )
    if extra:
        faults = [
            Fault(pointer(key), "ist hier unbekannt", "Angabe weglassen.") for key in sorted(extra)[:20]
        ]
        raise Invalid("Bitte die genannten Angaben berichtigen.", errors=faults)
