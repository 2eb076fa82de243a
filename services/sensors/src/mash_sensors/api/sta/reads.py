# SPDX-License-Identifier: EUPL-1.2
"""Routes that read, made of the table of entities."""

from typing import Annotated, Any, Final

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_sdk.tenants import Tenants
from mash_sensors.api.sta.asked import Wanted, answer_of
from mash_sensors.api.sta.shown import ROOT, Shown, schema_of, schema_of_set
from mash_sensors.model.entities import ENTITIES, Entity
from mash_sensors.model.odata.resource import key_of, segments
from mash_sensors.service.entities import Ask, EntityService

router = Router(prefix=ROOT, tags=["sensorthings"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Entities = Annotated[EntityService, Provide(EntityService)]
Places = Annotated[Tenants, Provide(Tenants)]

_SPEC: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE: Final = [
    _SPEC + "datamodel",
    _SPEC + "resource-path/resource-path-to-entities",
    _SPEC + "request-data",
    _SPEC + "create-update-delete/create-entity",
    _SPEC + "create-update-delete/link-to-existing-entities",
    _SPEC + "create-update-delete/update-entity",
    _SPEC + "create-update-delete/update-entity-put",
    _SPEC + "create-update-delete/update-entity-jsonpatch",
    _SPEC + "create-update-delete/delete-entity",
    _SPEC + "create-update-delete/historical-location-auto-creation",
    _SPEC + "data-array/data-array",
]


async def _shown(who: Anyone, places: Places) -> Shown:
    return Shown(places, who.tenant)


Show = Annotated[Shown, Depends(_shown)]


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
    sets = [EntitySet(name=one.plural, url=show.url(f"/{one.plural}")) for one in ENTITIES.values()]
    return Root(value=sets, server_settings={"conformance": CONFORMANCE})


def _described(schema: dict[str, Any], **more: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "found", "content": {"application/json": {"schema": schema}} | more}}


_NOTHING: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "the link or property leads to nothing"}
}


def _mount(entity: Entity) -> None:
    names = f"/{entity.plural}"

    @router.get(
        names,
        response_model=None,
        name=f"list {entity.plural}",
        description=f"The city's {entity.plural}.",
        responses=_described(schema_of_set(entity)),
    )
    async def find_set(
        _who: Anyone, wanted: Wanted, unit: InUnit, entities: Entities, show: Show
    ) -> Response:
        query, arrays = wanted
        found = await entities.find(Ask(entity, query, data_array=arrays), unit)
        return answer_of(found, show, show.url(names))

    @router.get(
        f"{names}/$ref",
        response_model=None,
        name=f"refer to {entity.plural}",
        description=f"The links of the city's {entity.plural}.",
        responses=_described({"type": "object", "required": ["value"]}),
    )
    async def refer(_who: Anyone, wanted: Wanted, unit: InUnit, entities: Entities, show: Show) -> Response:
        found = await entities.find(Ask(entity, wanted[0], rest=segments("$ref")), unit)
        return answer_of(found, show, show.url(f"{names}/$ref"))

    @router.get(
        f"{names}({{key}})",
        response_model=None,
        name=f"get {entity.name}",
        description=f"One {entity.name}; its id is a string, so the key stands in quotes: "
        f"`{entity.plural}('0192…')`.",
        responses=_described(schema_of(entity)),
    )
    async def find_one(
        key: str, _who: Anyone, wanted: Wanted, unit: InUnit, entities: Entities, show: Show
    ) -> Response:
        found = await entities.find(Ask(entity, wanted[0], key_of(key, entity.german)), unit)
        return answer_of(found, show, "")

    @router.get(
        f"{names}({{key}})/{{rest:path}}",
        response_model=None,
        name=f"follow {entity.name}",
        description=f"What a {entity.name} links to ({', '.join(entity.links)}), keys and further links; "
        "a property, its `$value`; `$ref`.",
        responses=_described({}, **{"text/plain": {}}) | _NOTHING,
    )
    async def follow(
        key: str, rest: str, _who: Anyone, wanted: Wanted, unit: InUnit, entities: Entities, show: Show
    ) -> Response:
        query, arrays = wanted
        at = key_of(key, entity.german)
        found = await entities.find(Ask(entity, query, at, segments(rest), arrays), unit)
        return answer_of(found, show, show.url(f"{names}('{at}')/{rest}"))


for _entity in ENTITIES.values():
    _mount(_entity)
