# SPDX-License-Identifier: EUPL-1.2
"""Routes that write."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mash_sdk.http import Allow, Fault, IdempotencyKey, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Invalid, NotImplementedYet, pointer
from mash_sdk.provide import Provide
from mash_sensors.api.sta.asked import answer
from mash_sensors.api.sta.reads import Entities, Places
from mash_sensors.api.sta.shown import ROOT, Shown, schema_of
from mash_sensors.model.entities import THING
from mash_sensors.model.odata.found import Item
from mash_sensors.model.odata.syntax import Query
from mash_sensors.service.entities import Ask
from mash_sensors.service.things import RegisterThing, ThingService

router = Router(prefix=ROOT, tags=["sensorthings"])

Editor = Annotated[Principal, Depends(Allow("editor"))]
Things = Annotated[ThingService, Provide(ThingService)]


class NewThing(BaseModel):
    """A Thing to register. Related entities within it (deep insert) are refused with 501."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1, max_length=500)
    description: str = Field(max_length=10_000)
    properties: dict[str, Any] | None = None


@router.post(
    "/Things",
    status_code=201,
    response_model=None,
    responses={201: {"content": {"application/json": {"schema": schema_of(THING)}}}},
)
async def register_thing(
    body: NewThing,
    who: Editor,
    unit: InUnit,
    things: Things,
    entities: Entities,
    places: Places,
    _key: IdempotencyKey = None,  # the router answers a repeated key
) -> Response:
    """Register a Thing. `Location` names it."""
    _refuse_more(body.model_extra or {})
    thing = await things.register(RegisterThing(body.name, body.description, body.properties), unit)
    found = await entities.find(Ask(THING, Query(), thing.id), unit)
    assert isinstance(found, Item)  # noqa: S101 — it was just made
    view = Shown(places, who.tenant).item(found)
    return answer(view, 201, {"location": view["@iot.selfLink"]})


def _refuse_more(extra: Mapping[str, Any]) -> None:
    deep = sorted(key for key in extra if key.partition("@")[0] in {*THING.links, "MultiDatastreams"})
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
