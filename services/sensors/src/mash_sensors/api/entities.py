# SPDX-License-Identifier: EUPL-1.2
"""Entities as SensorThings shows them (18-088, 8.2 and 9.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer

from mash_sdk.tenants import Tenants
from mash_sensors.api.options import Options
from mash_sensors.model.catalogue import DatastreamEntry, Observation, ObservedProperty, Sensor
from mash_sensors.model.device import Kind
from mash_sensors.model.thing import Thing
from mash_sensors.model.units import UNITS
from mash_sensors.service.reading import Listing

ROOT: Final = "/api/sensors/sta/v1.1"

_TYPES: Final = {
    Kind.NUMBER: "OM_Measurement",
    Kind.TRUTH: "OM_TruthObservation",
    Kind.TEXT: "OM_Observation",
}
_OM: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"


E = TypeVar("E")
V = TypeVar("V", bound=BaseModel)


class EntityView(BaseModel):
    iot_id: str = Field(serialization_alias="@iot.id")
    iot_self_link: str = Field(serialization_alias="@iot.selfLink")


class ThingView(EntityView):
    name: str
    description: str
    properties: dict[str, Any] | None = None
    datastreams: str = Field(serialization_alias="Datastreams@iot.navigationLink")


class UnitView(BaseModel):
    """All null where the result is no number."""

    name: str | None
    symbol: str | None
    definition: str | None


class DatastreamView(EntityView):
    """`properties.validFor`: seconds for which a reading may be called live."""

    name: str
    description: str
    observation_type: str = Field(serialization_alias="observationType")
    unit: UnitView = Field(serialization_alias="unitOfMeasurement")
    properties: dict[str, Any]
    thing: str = Field(serialization_alias="Thing@iot.navigationLink")
    sensor: str = Field(serialization_alias="Sensor@iot.navigationLink")
    observed_property: str = Field(serialization_alias="ObservedProperty@iot.navigationLink")
    observations: str = Field(serialization_alias="Observations@iot.navigationLink")


class SensorView(EntityView):
    name: str
    description: str
    encoding_type: str = Field(serialization_alias="encodingType")
    metadata: str


class ObservedPropertyView(EntityView):
    name: str
    definition: str
    description: str


class ObservationView(EntityView):
    """`validTime` ends when the reading may no longer be called live.

    `resultQuality` names what is odd about it: `late`, `future`, `same-time`.
    """

    phenomenon_time: str = Field(serialization_alias="phenomenonTime")
    result_time: str = Field(serialization_alias="resultTime")
    result: float | bool | str
    valid_time: str = Field(serialization_alias="validTime")
    result_quality: list[str] | None = Field(None, serialization_alias="resultQuality")
    parameters: dict[str, str]
    datastream: str = Field(serialization_alias="Datastream@iot.navigationLink")


class SetView(BaseModel, Generic[V]):
    """A piece of an entity set."""

    iot_count: int | None = Field(None, serialization_alias="@iot.count")
    iot_next_link: str | None = Field(None, serialization_alias="@iot.nextLink")
    value: list[V]

    @model_serializer(mode="wrap")
    def _what_there_is(self, entire: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A count nobody asked for, and a next piece that does not exist, are left out."""
        return {name: found for name, found in entire(self).items() if found is not None}


@dataclass(frozen=True, slots=True)
class Shown:
    """Shows a tenant's entities."""

    places: Tenants
    tenant: str

    def url(self, path: str = "") -> str:
        return self.places.url(self.tenant, f"{ROOT}{path}")

    def piece(self, listing: Listing[E], options: Options, path: str, view: Callable[[E], V]) -> SetView[V]:
        entities: Sequence[E] = listing.entities
        return SetView(
            iot_count=listing.count,
            iot_next_link=options.next(listing, self.url(path)),
            value=[view(entity) for entity in entities],
        )

    def thing(self, thing: Thing) -> ThingView:
        link = self.url(f"/Things('{thing.id}')")
        return ThingView(
            iot_id=thing.id,
            iot_self_link=link,
            name=thing.name,
            description=thing.description,
            properties=None if thing.properties is None else dict(thing.properties),
            datastreams=f"{link}/Datastreams",
        )

    def datastream(self, entry: DatastreamEntry) -> DatastreamView:
        link = self.url(f"/Datastreams('{entry.id}')")
        unit = UNITS.get(entry.unit or "")
        return DatastreamView(
            iot_id=entry.id,
            iot_self_link=link,
            name=entry.name,
            description=entry.description,
            observation_type=f"{_OM}{_TYPES[entry.kind]}",
            unit=UnitView(
                name=unit.name if unit else None,
                symbol=unit.symbol if unit else None,
                definition=f"ucum:{unit.code}" if unit else None,
            ),
            properties={"validFor": int(entry.valid_for.total_seconds())},
            thing=f"{link}/Thing",
            sensor=f"{link}/Sensor",
            observed_property=f"{link}/ObservedProperty",
            observations=f"{link}/Observations",
        )

    def sensor(self, sensor: Sensor) -> SensorView:
        return SensorView(
            iot_id=sensor.id,
            iot_self_link=self.url(f"/Sensors('{sensor.id}')"),
            name=sensor.name,
            description=sensor.description,
            encoding_type=sensor.encoding_type,
            metadata=sensor.metadata,
        )

    def observed_property(self, observed: ObservedProperty) -> ObservedPropertyView:
        return ObservedPropertyView(
            iot_id=observed.id,
            iot_self_link=self.url(f"/ObservedProperties('{observed.id}')"),
            name=observed.name,
            definition=observed.definition,
            description=observed.description,
        )

    def observation(self, observation: Observation) -> ObservationView:
        link = self.url(f"/Observations('{observation.id}')")
        observed = _instant(observation.phenomenon_time)
        return ObservationView(
            iot_id=observation.id,
            iot_self_link=link,
            phenomenon_time=observed,
            result_time=observed,
            result=observation.result,
            valid_time=f"{observed}/{_instant(observation.valid_until)}",
            result_quality=observation.flags.words or None,
            parameters={"receivedAt": _instant(observation.received_at)},
            datastream=f"{link}/Datastream",
        )


def _instant(moment: datetime) -> str:
    """ISO 8601 in UTC, milliseconds at least where there are any."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds" if plain.microsecond % 1000 == 0 else "microseconds") + "Z"
