# SPDX-License-Identifier: EUPL-1.2
"""OGC SensorThings API 1.1 (18-088): the root and Things. What is not here is refused by name, not faked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mash_sdk.http import Allow, Fault, IdempotencyKey, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, NotFound, NotImplementedYet, pointer
from mash_sdk.provide import Provide
from mash_sdk.tenants import Tenants
from mash_sensors.model import Thing
from mash_sensors.service import Listing, RegisterThing, ThingService

ROOT = "/api/sensors/sta/v1.1"
router = Router(prefix=ROOT, tags=["sensorthings"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Editor = Annotated[Principal, Depends(Allow("editor"))]
Use = Annotated[ThingService, Provide(ThingService)]
Places = Annotated[Tenants, Provide(Tenants)]

PAGE, LONGEST_PAGE = 100, 1000

_SPEC = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE = [
    _SPEC + "datamodel/thing/properties",
    _SPEC + "datamodel/entity-control-information/common-control-information",
    _SPEC + "request-data/query-status-code",
    _SPEC + "request-data/top",
    _SPEC + "request-data/skip",
    _SPEC + "request-data/count",
    _SPEC + "request-data/pagination",
    _SPEC + "create-update-delete/create-entity",
]
"""Requirements that hold for the one entity set there is. Whole classes hold when all entities are there."""

_RELATED = frozenset({"Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams"})
_OPTIONS = frozenset({"$top", "$skip", "$count"})
_QUOTED = re.compile(r"'([^']*)'")


class NewThing(BaseModel):
    """A Thing to register. Related entities within it (deep insert) are refused with 501."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1, max_length=500)
    description: str = Field(max_length=10_000)
    properties: dict[str, Any] | None = None


class ThingView(BaseModel):
    iot_id: str = Field(serialization_alias="@iot.id")
    iot_self_link: str = Field(serialization_alias="@iot.selfLink")
    name: str
    description: str
    properties: dict[str, Any] | None = None


class ThingsView(BaseModel):
    iot_count: int | None = Field(None, serialization_alias="@iot.count")
    iot_next_link: str | None = Field(None, serialization_alias="@iot.nextLink")
    value: list[ThingView]


class EntitySet(BaseModel):
    name: str
    url: str


class Root(BaseModel):
    """The entity sets there are, and the requirements they meet."""

    value: list[EntitySet]
    server_settings: dict[str, list[str]] = Field(serialization_alias="serverSettings")


@dataclass(frozen=True, slots=True)
class Piece:
    """The system query options, as read from the request."""

    top: int
    skip: int
    count: bool


def piece(
    request: Request,
    top: Annotated[int, Query(alias="$top", ge=0, description=f"at most {LONGEST_PAGE} at once")] = PAGE,
    skip: Annotated[int, Query(alias="$skip", ge=0, le=2**31)] = 0,
    count: Annotated[bool, Query(alias="$count", description="true: say how many there are")] = False,  # noqa: FBT002 — OData's
) -> Piece:
    """18-088, 9.3.1: an option that is not supported is refused, with 501."""
    unknown = sorted(
        option for option in request.query_params if option.startswith("$") and option not in _OPTIONS
    )
    if unknown:
        raise NotImplementedYet(
            f"Noch nicht unterstützt: {', '.join(unknown)[:200]}. Es gibt {', '.join(sorted(_OPTIONS))}."
        )
    return Piece(min(top, LONGEST_PAGE), skip, count)


@router.get("")
async def root(who: Anyone, places: Places) -> Root:
    """The entity sets: Things, for now."""
    url = places.url(who.tenant, f"{ROOT}/Things")
    return Root(value=[EntitySet(name="Things", url=url)], server_settings={"conformance": CONFORMANCE})


@router.get("/Things", response_model_exclude_none=True)
async def list_things(
    who: Anyone, wanted: Annotated[Piece, Depends(piece)], unit: InUnit, things: Use, places: Places
) -> ThingsView:
    listing = await things.list(wanted.skip, wanted.top, counted=wanted.count, unit=unit)
    return ThingsView(
        iot_count=listing.count,
        iot_next_link=_next(listing, wanted, places.url(who.tenant, f"{ROOT}/Things")),
        value=[_view(thing, places, who.tenant) for thing in listing.things],
    )


@router.get("/Things({key})", response_model_exclude_none=True)
async def get_thing(key: str, who: Anyone, unit: InUnit, things: Use, places: Places) -> ThingView:
    """One Thing; its id is a string, so the key stands in quotes: `Things('0192…')`."""
    quoted = _QUOTED.fullmatch(key)
    try:
        thing_id = parse_id(quoted[1] if quoted else key, "/@iot.id")
    except Invalid:
        raise NotFound("Dieses Thing gibt es nicht.") from None
    return _view(await things.get(thing_id, unit), places, who.tenant)


@router.post("/Things", status_code=201, response_model_exclude_none=True)
async def register_thing(
    body: NewThing,
    who: Editor,
    unit: InUnit,
    things: Use,
    places: Places,
    response: Response,
    _key: IdempotencyKey = None,  # the router answers a repeated key
) -> ThingView:
    """Register a Thing. `Location` names it."""
    _refuse_more(body.model_extra or {})
    thing = await things.register(RegisterThing(body.name, body.description, body.properties), unit)
    view = _view(thing, places, who.tenant)
    response.headers["location"] = view.iot_self_link
    return view


def _refuse_more(extra: Mapping[str, Any]) -> None:
    deep = sorted(key for key in extra if key.partition("@")[0] in _RELATED)
    if deep:
        raise NotImplementedYet(
            f"Ein Thing lässt sich noch nicht zusammen mit {', '.join(deep)} anlegen: diese Entitäten gibt "
            "es in dieser Version nicht.",
            errors=[Fault(f"/{key}", "gibt es noch nicht", "Weglassen.") for key in deep],
        )
    if extra:
        faults = [
            Fault(pointer(key), "ist hier unbekannt", "Angabe weglassen.") for key in sorted(extra)[:20]
        ]
        raise Invalid("Bitte die genannten Angaben berichtigen.", errors=faults)


def _view(thing: Thing, places: Tenants, tenant: str) -> ThingView:
    return ThingView(
        iot_id=thing.id,
        iot_self_link=places.url(tenant, f"{ROOT}/Things('{thing.id}')"),
        name=thing.name,
        description=thing.description,
        properties=None if thing.properties is None else dict(thing.properties),
    )


def _next(listing: Listing, wanted: Piece, url: str) -> str | None:
    if not listing.more or not wanted.top:
        return None
    options: dict[str, str | int] = {"$top": wanted.top, "$skip": wanted.skip + wanted.top}
    if wanted.count:
        options["$count"] = "true"
    return f"{url}?{urlencode(options, safe='$')}"
