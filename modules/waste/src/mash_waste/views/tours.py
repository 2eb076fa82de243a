# SPDX-License-Identifier: EUPL-1.2
"""Pages of the collection service: plans on a map, a vehicle's tour as a sheet to print and to tick off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Page, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Conflict, Invalid, NotFound
from mash_sdk.provide import Provide
from mash_waste.model.bins import Bins, Fraction
from mash_waste.model.sheet import Sheet, sheet
from mash_waste.model.touring.fleet import Fleet
from mash_waste.model.touring.plan import Collect, Tour
from mash_waste.service.touring import MakePlan, StoredPlan, Tick, TouringService
from mash_waste.views.words import pages

router = Router(tags=["pages"])

Dispatcher = Annotated[Principal, Depends(Allow("dispatcher"))]
Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[TouringService, Provide(TouringService)]

SCRIPT: Final = resources.files("mash_waste").joinpath("pages/ticks.js").read_bytes()
SHOWN: Final = 20
INK: Final = (("#00457c", "none"), ("#a63a00", "12 6"), ("#1b6b2f", "3 6"), ("#6b1f7a", "16 4 3 4"))
"""A tour's colour, and its dashes for who cannot tell colours apart; the fifth begins anew."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tour sheet: a bin that is emptied, or a place to unload."""

    name: str
    at: datetime
    until: datetime
    bin: str | None
    litres: int
    done: datetime | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tour, with its way on the sheet as an SVG polyline takes it."""

    vehicle: str
    name: str
    ink: tuple[str, str]
    lines: Sequence[Line]
    back: datetime | None
    way: str


@router.get("/waste/ticks.js", response_class=Response)
async def script(_who: Anyone) -> Response:
    """What keeps ticks on a phone until there is a network again."""
    return Response(SCRIPT, media_type="text/javascript", headers={"cache-control": "max-age=3600"})


@router.get("/waste/tours", response_class=HTMLResponse)
async def list_plans(page: Page, who: Driver, unit: InUnit, use: Use) -> HTMLResponse:
    """Tour plans, the newest first, and a button for a new one."""
    return await _list(page, who, unit, use)


@router.post("/waste/tours", response_class=HTMLResponse)
async def make_plan(page: Page, form: PageForm, who: Dispatcher, unit: InUnit, use: Use) -> Response:
    """Plan tours from now on."""
    chosen = next((one for one in Fraction if one == form.get("fraction")), Fraction.PAPER)
    try:
        stored = await use.make(MakePlan(new_id(), chosen), unit)
    except (Conflict, Invalid) as problem:
        return await _list(page, who, unit, use, problem)
    journey.join(stored.id)
    return RedirectResponse(page.url(f"/waste/tours/{stored.id}"), status_code=303)


@router.get("/waste/tours/{plan_id}", response_class=HTMLResponse)
async def show_plan(page: Page, plan_id: str, _who: Driver, unit: InUnit, use: Use) -> HTMLResponse:
    """A plan: its tours on a map, what the checker says, and what is emptied."""
    stored = await use.plan(parse_id(plan_id, "?plan_id"), unit)
    bins, fleet, done = await use.bins(unit), await use.fleet(unit), await use.done(stored.id, unit)
    places = {one.id: one.location for one in bins.bins if one.id in _planned(stored)}
    places |= {one.id: one.location for one in (*fleet.depots, *fleet.plants)} if fleet else {}
    drawn = sheet(places)
    return pages.render(
        page,
        "plan.html",
        title="Tourenplan",
        stored=stored,
        sheet=drawn,
        tours=[
            _drawn(stored, tour, INK[number % len(INK)], bins, fleet, done, drawn)
            for number, tour in enumerate(stored.plan.tours)
        ],
        left=[bins.by_id[one].name if one in bins.by_id else one for one in stored.plan.left],
        done=len(done),
        planned=sum(len(tour.stops) for tour in stored.plan.tours),
    )


@router.get("/waste/tours/{plan_id}/{vehicle}", response_class=HTMLResponse)
async def show_tour(
    page: Page, plan_id: str, vehicle: str, _who: Driver, unit: InUnit, use: Use
) -> HTMLResponse:
    """A vehicle's tour: to print, and to tick off on a phone."""
    stored = await use.plan(parse_id(plan_id, "?plan_id"), unit)
    tour = next((one for one in stored.plan.tours if one.vehicle == vehicle), None)
    if tour is None:
        raise NotFound("Dieses Fahrzeug fährt in diesem Plan nicht.")
    bins, fleet, done = await use.bins(unit), await use.fleet(unit), await use.done(stored.id, unit)
    shown = _drawn(stored, tour, INK[0], bins, fleet, done, None)
    return pages.render(
        page,
        "tour.html",
        title=f"Tour: {shown.name}",
        stored=stored,
        tour=shown,
        ahead=next((line.bin for line in shown.lines if line.bin and not line.done), None),
    )


@router.post("/waste/tours/{plan_id}/{vehicle}/ticks", response_class=HTMLResponse)
async def tick_off(
    page: Page, plan_id: str, vehicle: str, form: PageForm, _who: Driver, unit: InUnit, use: Use
) -> Response:
    """A bin is emptied."""
    plan_id = parse_id(plan_id, "?plan_id")
    await use.tick(Tick(plan_id, str(form.get("task", "")), _moment(str(form.get("at", "")))), unit)
    return RedirectResponse(page.url(f"/waste/tours/{plan_id}/{vehicle}#next"), status_code=303)


async def _list(
    page: Page, who: Principal, unit: InUnit, use: Use, problem: Conflict | Invalid | None = None
) -> HTMLResponse:
    fleet = await use.fleet(unit)
    return pages.render(
        page,
        "tours.html",
        title="Abfuhrtouren",
        status=problem.status if problem else 200,
        plans=await use.newest(unit, SHOWN),
        fleet=fleet,
        fractions=[one for one in Fraction if fleet and any(one in each.fractions for each in fleet.trucks)],
        may_plan="dispatcher" in who.roles,
        notice=_told(problem),
    )


def _planned(stored: StoredPlan) -> set[str]:
    return {one.id for one in stored.problem.stops}


def _drawn(
    stored: StoredPlan,
    tour: Tour,
    ink: tuple[str, str],
    bins: Bins,
    fleet: Fleet | None,
    done: Mapping[str, datetime],
    drawn: Sheet | None,
) -> Drawn:
    trucks = {one.id: one for one in fleet.trucks} if fleet else {}
    plants = {one.id: one.name for one in fleet.plants} if fleet else {}
    litres = {one.id: one.litres for one in stored.problem.stops}
    lines, calls = [], []
    for step in tour.steps:
        at, until = (stored.begins_at + timedelta(seconds=one) for one in (step.at, step.until))
        if isinstance(step, Collect):
            name = bins.by_id[step.stop].name if step.stop in bins.by_id else step.stop
            lines.append(Line(name, at, until, step.stop, litres[step.stop], done.get(step.stop)))
            calls.append(step.stop)
        else:
            lines.append(Line(plants.get(step.plant, step.plant), at, until, None, step.litres, None))
            calls.append(step.plant)
    truck = trucks.get(tour.vehicle)
    if truck is not None and calls:
        calls = [truck.depot, *calls, truck.depot]
    points = [drawn.points[one] for one in calls if one in drawn.points] if drawn else []
    return Drawn(
        tour.vehicle,
        truck.name if truck else tour.vehicle,
        ink,
        lines,
        stored.begins_at + timedelta(seconds=tour.back) if tour.steps else None,
        " ".join(f"{x},{y}" for x, y in points),
    )


def _moment(text: str) -> datetime | None:
    """When a phone says it was; nothing that can be read as that is as if it were not said."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _told(problem: Conflict | Invalid | None) -> str:
    if problem is None:
        return ""
    more = [f"{fault.reason}. {fault.remedy}" for fault in problem.errors]
    return " ".join([problem.detail, *more])
