# SPDX-License-Identifier: EUPL-1.2
"""Routes that make, change and delete entities, made of the table of entities."""

from typing import Annotated, Any, Final

from fastapi import Body, Depends
from starlette.responses import Response

from mash_sdk.http import Allow, IdempotencyKey, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide
from mash_sensors.api.sta.asked import NoOptions, answer
from mash_sensors.api.sta.reads import Entities, Show
from mash_sensors.api.sta.shown import ROOT, Shown, schema_of
from mash_sensors.model.drafts import draft_of
from mash_sensors.model.entities import ENTITIES, OBSERVATION, Entity
from mash_sensors.model.jsonpatch import patched
from mash_sensors.model.odata.found import Item, Within
from mash_sensors.model.odata.resource import key_of, segments
from mash_sensors.model.odata.syntax import Query
from mash_sensors.service.entities import Ask, EntityService
from mash_sensors.service.making import MakingService

router = Router(prefix=ROOT, tags=["sensorthings"])

Editor = Annotated[Principal, Depends(Allow("editor"))]
Making = Annotated[MakingService, Provide(MakingService)]
Sent = Annotated[dict[str, Any], Body(description='the entity; links hold entities or `{"@iot.id": …}`')]
Changes = Annotated[
    dict[str, Any] | list[dict[str, Any]], Body(description="what changes, or steps of a JSON Patch")
]
_EMPTY: Final = Query()


def described(entity: Entity, status: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": schema_of(entity)}}
    return {status: {"description": "the entity as it is now", "content": content}}


async def made(entity: Entity, key: str, show: Shown, entities: EntityService, unit: InUnit) -> Response:
    """201 with what was made, and where it is."""
    return answer(
        show.item(await _now(entity, key, entities, unit)), 201, {"location": show.link(entity, key)}
    )


def _mount(entity: Entity) -> None:
    names = f"/{entity.plural}"

    if entity is not OBSERVATION:

        @router.post(
            names,
            status_code=201,
            response_model=None,
            name=f"make {entity.name}",
            description=f"Make a {entity.name}, with all that stands within it. `Location` names it.",
            responses=described(entity, 201),
        )
        async def make(
            body: Sent,
            _who: Editor,
            _none: NoOptions,
            unit: InUnit,
            making: Making,
            entities: Entities,
            show: Show,
            _key: IdempotencyKey = None,  # the router answers a repeated key
        ) -> Response:
            key = await making.make(draft_of(entity, body), None, unit)
            return await made(entity, key, show, entities, unit)

    @router.post(
        f"{names}({{key}})/{{rest:path}}",
        status_code=201,
        response_model=None,
        name=f"make within {entity.name}",
        description=f"Make an entity that a {entity.name} links to: `{entity.plural}('…')/<link>`.",
        responses={201: {"description": "the entity", "content": {"application/json": {"schema": {}}}}},
    )
    async def make_within(
        key: str,
        rest: str,
        body: Sent,
        _who: Editor,
        _none: NoOptions,
        unit: InUnit,
        making: Making,
        entities: Entities,
        show: Show,
        _key: IdempotencyKey = None,
    ) -> Response:
        way = segments(rest)
        link = entity.links.get(way[0].name) if len(way) == 1 and way[0].key is None else None
        if link is None or not link.many:
            raise NotFound("Hier lässt sich nichts anlegen.")
        target = ENTITIES[link.target]
        within = Within(entity, key_of(key, entity.german), link)
        draft = draft_of(target, body, given=link.inverse)
        return await made(target, await making.make(draft, within, unit), show, entities, unit)

    @router.patch(
        f"{names}({{key}})",
        response_model=None,
        name=f"change {entity.name}",
        description=f"Change what is named of a {entity.name}, the rest stays; or by JSON Patch (RFC 6902).",
        responses=described(entity, 200),
    )
    async def change(
        key: str,
        body: Changes,
        _who: Editor,
        _none: NoOptions,
        unit: InUnit,
        making: Making,
        entities: Entities,
        show: Show,
    ) -> Response:
        at = key_of(key, entity.german)
        if isinstance(body, list):
            body = patched((await _now(entity, at, entities, unit)).values, body)
        gone = [name for name, value in body.items() if value is None]
        await making.change(entity, at, draft_of(entity, body, whole=False), unit, gone=gone)
        return answer(show.item(await _now(entity, at, entities, unit)))

    @router.put(
        f"{names}({{key}})",
        response_model=None,
        name=f"replace {entity.name}",
        description=f"Replace a {entity.name}'s properties; links that are not named stay.",
        responses=described(entity, 200),
    )
    async def replace(
        key: str,
        body: Sent,
        _who: Editor,
        _none: NoOptions,
        unit: InUnit,
        making: Making,
        entities: Entities,
        show: Show,
    ) -> Response:
        at = key_of(key, entity.german)
        gone = [name for name in entity.properties if body.get(name) is None]
        await making.change(entity, at, draft_of(entity, body, linked=False), unit, gone=gone)
        return answer(show.item(await _now(entity, at, entities, unit)))

    @router.delete(
        f"{names}({{key}})",
        response_model=None,
        name=f"delete {entity.name}",
        description=f"Delete a {entity.name}, with what cannot be without it.",
        responses={200: {"description": "deleted"}},
    )
    async def delete(key: str, _who: Editor, _none: NoOptions, unit: InUnit, making: Making) -> Response:
        await making.delete(entity, key_of(key, entity.german), unit)
        return Response(status_code=200)


async def _now(entity: Entity, key: str, entities: EntityService, unit: InUnit) -> Item:
    found = await entities.find(Ask(entity, _EMPTY, key), unit)
    assert isinstance(found, Item)  # noqa: S101 — an entity is asked for
    return found


for _entity in ENTITIES.values():
    _mount(_entity)
