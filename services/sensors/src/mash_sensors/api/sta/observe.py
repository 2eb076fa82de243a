# SPDX-License-Identifier: EUPL-1.2
"""Routes that take in observations: one by one, and as data arrays (18-088, 10 and 12)."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, Final

from fastapi import Body, Depends
from starlette.responses import Response

from mash_sdk.http import Allow, IdempotencyKey, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid, Problem
from mash_sdk.provide import Provide
from mash_sensors.api.sta.asked import NoOptions, answer
from mash_sensors.api.sta.reads import Places
from mash_sensors.api.sta.shown import ROOT, Shown
from mash_sensors.api.sta.writes import Sent, described
from mash_sensors.model.drafts import Draft, Existing, draft_of, period_of
from mash_sensors.model.entities import DATASTREAM, FEATURE, OBSERVATION
from mash_sensors.model.odata.resource import key_of
from mash_sensors.service.observing import ObservingService, Said, key_of_one
from mash_sensors.service.uplinks import DeviceKeys

router = Router(prefix=ROOT, tags=["sensorthings"])

Writer = Annotated[Principal, Depends(Allow.key(DeviceKeys, "editor"))]
Observing = Annotated[ObservingService, Provide(ObservingService)]
MOST: Final = 10_000
"""Observations in one request."""
_MADE: Final = described(OBSERVATION, 201)
_USUAL: Final = ["phenomenonTime", "result"]
_COMPONENTS: Final = frozenset({*OBSERVATION.properties, "FeatureOfInterest/id", "FeatureOfInterest/@iot.id"})


@router.post("/Observations", status_code=201, response_model=None, responses=_MADE)
async def observe(
    body: Sent,
    who: Writer,
    _none: NoOptions,
    observing: Observing,
    places: Places,
    key: IdempotencyKey = None,
) -> Response:
    """Make an Observation. A device's key writes its own Datastreams. 201 when it can be read."""
    draft = draft_of(OBSERVATION, body)
    return await _one(draft, _stream_of(draft), who, observing, Shown(places, who.tenant), key)


@router.post("/Datastreams({key})/Observations", status_code=201, response_model=None, responses=_MADE)
async def observe_for_datastream(
    key: str,
    body: Sent,
    who: Writer,
    _none: NoOptions,
    observing: Observing,
    places: Places,
    idempotency: IdempotencyKey = None,
) -> Response:
    """Make an Observation of a Datastream."""
    draft = draft_of(OBSERVATION, body, given="Datastream")
    stream = key_of(key, DATASTREAM.german)
    return await _one(draft, stream, who, observing, Shown(places, who.tenant), idempotency)


@router.post("/FeaturesOfInterest({key})/Observations", status_code=201, response_model=None, responses=_MADE)
async def observe_for_feature(
    key: str,
    body: Sent,
    who: Writer,
    _none: NoOptions,
    observing: Observing,
    places: Places,
    idempotency: IdempotencyKey = None,
) -> Response:
    """Make an Observation of a FeatureOfInterest."""
    draft = draft_of(OBSERVATION, body, given="FeatureOfInterest")
    draft.linked["FeatureOfInterest"] = [Existing(FEATURE, key_of(key, FEATURE.german), "")]
    return await _one(draft, _stream_of(draft), who, observing, Shown(places, who.tenant), idempotency)


Arrays = Annotated[
    list[dict[str, Any]],
    Body(
        description="per Datastream: `Datastream`, `components`, `dataArray` (18-088, 12.2)", max_length=1000
    ),
]


@router.post(
    "/CreateObservations",
    status_code=201,
    response_model=None,
    responses={
        201: {
            "description": "for each row its Observation's address, or `error` and why",
            "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}},
        }
    },
)
async def create_observations(
    body: Arrays,
    who: Writer,
    _none: NoOptions,
    observing: Observing,
    places: Places,
    key: IdempotencyKey = None,
) -> Response:
    """Make many Observations, as rows. 201 when all that were taken can be read."""
    rows = list(_rows(body))
    said = [one for one in rows if isinstance(one, Said)]
    show = Shown(places, who.tenant)
    taken = iter(await observing.take(said, who, key))
    found = [next(taken) if isinstance(one, Said) else one for one in rows]
    return answer([_told(one, show) for one in found], 201)


def _rows(body: list[dict[str, Any]]) -> Iterator[Said | Problem]:
    """What each row says. Raise Invalid for what is no data array."""
    if sum(len(one["dataArray"]) for one in body if isinstance(one.get("dataArray"), list)) > MOST:
        raise _invalid("", f"hat mehr als {MOST} Zeilen", "In mehreren Anfragen senden.")
    for number, one in enumerate(body):
        place = f"/{number}"
        components, rows = one.get("components"), one.get("dataArray")
        if (
            not isinstance(components, list)
            or not components
            or not _COMPONENTS.issuperset(map(str, components))
        ):
            raise _invalid(f"{place}/components", "ist keine Liste von Eigenschaften", f"Es gibt {_known()}.")
        if not isinstance(rows, list):
            raise _invalid(f"{place}/dataArray", "ist keine Liste von Zeilen", "Als Liste von Listen senden.")
        try:
            stream = _stream_of(draft_of(OBSERVATION, {"Datastream": one.get("Datastream")}, whole=False))
        except Invalid:
            raise _invalid(f"{place}/Datastream", "fehlt", 'Mit {"@iot.id": …} nennen.') from None
        names = [str(name) for name in components]
        plain = names == _USUAL
        for at, row in enumerate(rows):
            draft = _usual(row) if plain else None
            where = f"{place}/dataArray/{at}"
            yield _row(where, names, row, stream) if draft is None else Said(draft, stream, where)


def _usual(row: Any) -> Draft | None:
    """A row of a time and a number, as nearly all are; None: draft_of() has to look at it."""
    if not isinstance(row, list) or len(row) != len(_USUAL):
        return None
    time, result = row
    number = type(result) is int or (type(result) is float and isfinite(result))
    times = period_of(time) if number else None
    return None if times is None else Draft(OBSERVATION, "", {"phenomenonTime": times, "result": result})


def _row(place: str, components: list[str], row: Any, stream: str) -> Said | Problem:
    if not isinstance(row, list) or len(row) != len(components):
        return _invalid(place, f"hat nicht {len(components)} Werte", "Je Komponente einen Wert angeben.")
    values = dict(zip(components, row, strict=True))
    for name in ("FeatureOfInterest/id", "FeatureOfInterest/@iot.id"):
        feature = values.pop(name, None)
        if feature is not None:
            values["FeatureOfInterest"] = {"@iot.id": feature}
    try:
        return Said(draft_of(OBSERVATION, values, given="Datastream"), stream, place)
    except Problem as problem:
        return problem


async def _one(
    draft: Draft, stream: str, who: Principal, observing: ObservingService, show: Shown, key: str | None
) -> Response:
    made = key_of_one(await observing.take([Said(draft, stream, "")], who, key))
    item = await observing.read(made, who.tenant)
    return answer(show.item(item), 201, {"location": show.link(OBSERVATION, made)})


def _stream_of(draft: Draft) -> str:
    for one in draft.linked.get("Datastream", []):
        if isinstance(one, Existing):
            return one.key
    raise _invalid(
        "/Datastream", "nennt keinen, den es gibt", 'Erst anlegen, dann mit {"@iot.id": …} nennen.'
    )


def _told(one: str | Problem, show: Shown) -> str:
    if isinstance(one, str):
        return show.link(OBSERVATION, one)
    fault = one.errors[0] if one.errors else None
    return f"error: {fault.pointer} {fault.reason}. {fault.remedy}" if fault else f"error: {one.detail}"


def _known() -> str:
    return ", ".join(sorted(_COMPONENTS))


def _invalid(place: str, reason: str, remedy: str) -> Invalid:
    return Invalid("Bitte die genannten Angaben berichtigen.", errors=[Fault(place, reason, remedy)])
