# SPDX-License-Identifier: EUPL-1.2
"""What was found, as SensorThings writes it (18-088, 8.2 and 9.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from mash_sdk.tenants import Tenants
from mash_sensors.model.entities import ROOT as ROOT
from mash_sensors.model.entities import Entity, Kind
from mash_sensors.model.odata.found import Item, Items
from mash_sensors.model.odata.printer import printed_query

_ARRAY: Final = ("id", "phenomenonTime", "result", "resultTime", "resultQuality", "validTime", "parameters")


@dataclass(frozen=True, slots=True)
class Shown:
    """Shows a tenant's entities."""

    places: Tenants
    tenant: str

    def url(self, path: str = "") -> str:
        return self.places.url(self.tenant, f"{ROOT}{path}")

    def link(self, entity: Entity, key: str) -> str:
        return self.url(f"/{entity.plural}('{key}')")

    def item(self, item: Item) -> dict[str, Any]:
        """What is nothing is left out; with $select, all that was not named."""
        entity, link = item.entity, self.link(item.entity, item.id)
        chosen = item.select
        shown: dict[str, Any] = {}
        if chosen is None or "id" in chosen:
            shown["@iot.id"] = item.id
        if chosen is None:
            shown["@iot.selfLink"] = link
        shown.update({name: value for name, value in item.values.items() if value is not None})
        for name in entity.links:
            if name in item.linked:
                self._expanded(shown, name, item.linked[name], f"{link}/{name}")
            elif chosen is None or name in chosen:
                shown[f"{name}@iot.navigationLink"] = f"{link}/{name}"
        return shown

    def _expanded(self, shown: dict[str, Any], name: str, found: Item | Items | None, link: str) -> None:
        if isinstance(found, Item):
            shown[name] = self.item(found)
        elif isinstance(found, Items):
            if found.count is not None:
                shown[f"{name}@iot.count"] = found.count
            shown[name] = [self.item(one) for one in found.items]
            if found.on is not None:
                shown[f"{name}@iot.nextLink"] = _on(found, link)

    def items(self, found: Items, link: str) -> dict[str, Any]:
        """`link`: the set's address."""
        return self._framed(found, link, [self.item(one) for one in found.items])

    def refs(self, found: Items, link: str) -> dict[str, Any]:
        return self._framed(found, link, [self.ref(one) for one in found.items])

    def ref(self, item: Item) -> dict[str, Any]:
        return {"@iot.selfLink": self.link(item.entity, item.id)}

    def arrays(self, found: Items, link: str) -> dict[str, Any]:
        """Observations by datastream, as rows of components (18-088, 12)."""
        streams: dict[str, list[Item]] = {}
        for item in found.items:
            stream = item.linked["Datastream"]
            if isinstance(stream, Item):
                streams.setdefault(stream.id, []).append(item)
        value = []
        for stream_id, its in streams.items():
            chosen = [name for name in _ARRAY if its[0].select is None or name in its[0].select]
            rows = [[one.id if name == "id" else one.values.get(name) for name in chosen] for one in its]
            value.append(
                {
                    "Datastream@iot.navigationLink": self.url(f"/Datastreams('{stream_id}')"),
                    "components": chosen,
                    "dataArray@iot.count": len(rows),
                    "dataArray": rows,
                }
            )
        return self._framed(found, link, value, {"$resultFormat": "dataArray"})

    def _framed(
        self, found: Items, link: str, value: list[Any], more: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if found.count is not None:
            shown["@iot.count"] = found.count
        if found.on is not None:
            shown["@iot.nextLink"] = _on(found, link, more)
        return {**shown, "value": value}


def _on(found: Items, link: str, more: Mapping[str, str] | None = None) -> str:
    options = {**printed_query(found.asked), **(more or {}), **(found.on or {})}
    return f"{link}?{urlencode(options, safe='$')}"


_SCHEMAS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.ID: {"type": "string"},
    Kind.TEXT: {"type": "string"},
    Kind.INSTANT: {"type": "string", "description": "ISO 8601"},
    Kind.PERIOD: {"type": "string", "description": "ISO 8601, an instant or two with a slash between"},
    Kind.JSON: {},
    Kind.GEO: {"description": "GeoJSON, where encodingType says so"},
    Kind.RESULT: {},
}


def schema_of(entity: Entity) -> dict[str, Any]:
    """Of answers: any part may be missing where $select did not name it."""
    properties: dict[str, Any] = {"@iot.id": {"type": "string"}, "@iot.selfLink": {"type": "string"}}
    for one in entity.properties.values():
        if one.kind is not Kind.ID:
            properties[one.name] = dict(_SCHEMAS[one.kind])
    for link in entity.links.values():
        properties[f"{link.name}@iot.navigationLink"] = {"type": "string"}
        properties[link.name] = (
            {"type": "array", "items": {"type": "object"}} if link.many else {"type": "object"}
        )
    return {"type": "object", "title": entity.name, "properties": properties}


def schema_of_set(entity: Entity) -> dict[str, Any]:
    return {
        "type": "object",
        "title": f"Set of {entity.plural}",
        "required": ["value"],
        "properties": {
            "@iot.count": {"type": "integer"},
            "@iot.nextLink": {"type": "string"},
            "value": {"type": "array", "items": schema_of(entity)},
        },
    }
