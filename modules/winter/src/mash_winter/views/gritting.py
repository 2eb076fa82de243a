# SPDX-License-Identifier: EUPL-1.2
"""Pages of the gritting service: plans on a map, a vehicle's tour as a sheet to print and to tick off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Page, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Conflict, Invalid, NotFound
from mash_sdk.provide import Provide
from mash_winter.model.network import PRIORITIES, Network
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.routing.plan import Grit, Refill, Tour
from mash_winter.model.sheet import sheet
from mash_winter.service.gritting import GrittingService, MakePlan, StoredPlan, Tick
from mash_winter.views.streets import metres

router = Router(tags=["pages"])

Dispatcher = Annotated[Principal, Depends(Allow("dispatcher"))]
Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[GrittingService, Provide(GrittingService)]

SCRIPT: Final = resources.files("mash_winter").joinpath("pages/ticks.js").read_bytes()
SHOWN: Final = 20
INK: Final = (("#00457c", "none"), ("#a63a00", "12 6"), ("#1b6b2f", "3 6"), ("#6b1f7a", "16 4 3 4"))
"""A tour's colour, and its dashes for who cannot tell colours apart; the fifth begins anew."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tour sheet: a street that is gritted or a place where salt is taken."""

    name: str
    at: datetime
    until: datetime
    deadline: datetime | None
    task: str | None
    salt: int
    done: datetime | None


def clock(when: datetime, page: Page) -> str:
    return when.astimezone(page.timezone).strftime("%H:%M")


def minutes(seconds: int) -> str:
    return f"{-(-seconds // 60)}\u00a0min"


pages = Pages("mash_winter", {"metres": metres, "clock": clock, "minutes": minutes})


@router.get("/winter/ticks.js", response_class=Response)
async def script(_who: Anyone) -> Response:
    """What keeps ticks on a phone until there is a network again."""
    return Response(SCRIPT, media_type="text/javascript", headers={"cache-control": "max-age=3600"})


@router.get("/winter/gritting", response_class=HTMLResponse)
async def list_plans(page: Page, who: Driver, unit: InUnit, use: Use) -> HTMLResponse:
    """Gritting plans, the newest first, and a button for a new one."""
    return await _list(page, who, unit, use)


@router.post("/winter/gritting", response_class=HTMLResponse)
async def make_plan(page: Page, form: PageForm, who: Dispatcher, unit: InUnit, use: Use) -> Response:
    """Plan tours from now on."""
    chosen = {str(one) for one in form.getlist("priority")}
    priorities = tuple(one for one in PRIORITIES if str(one) in chosen)
    try:
        stored = await use.make(MakePlan(new_id(), priorities), unit)
    except (Conflict, Invalid) as problem:
        return await _list(page, who, unit, use, problem)
    journey.join(stored.id)
    return RedirectResponse(page.url(f"/winter/gritting/{stored.id}"), status_code=303)


@router.get("/winter/gritting/{plan_id}", response_class=HTMLResponse)
async def show_plan(page: Page, plan_id: str, who: Driver, unit: InUnit, use: Use) -> HTMLResponse:
    """A plan: its tours on a map, what the checker says, and what is gritted."""
    return await _show(page, parse_id(plan_id, "?plan_id"), who, unit, use)


@router.post("/winter/gritting/{plan_id}/urgent", response_class=HTMLResponse)
async def make_anew(
    page: Page, plan_id: str, form: PageForm, who: Dispatcher, unit: InUnit, use: Use
) -> Response:
    """Plan anew because a street turned icy."""
    plan_id = parse_id(plan_id, "?plan_id")
    try:
        stored = await use.urgent(plan_id, str(form.get("segment", "")), unit)
    except (Conflict, Invalid) as problem:
        return await _show(page, plan_id, who, unit, use, problem)
    return RedirectResponse(page.url(f"/winter/gritting/{stored.id}"), status_code=303)


@router.get("/winter/gritting/{plan_id}/{vehicle}", response_class=HTMLResponse)
async def show_tour(
    page: Page, plan_id: str, vehicle: str, _who: Driver, unit: InUnit, use: Use
) -> HTMLResponse:
    """A vehicle's tour: to print, and to tick off on a phone."""
    stored = await use.plan(parse_id(plan_id, "?plan_id"), unit)
    tour = next((one for one in stored.plan.tours if one.vehicle == vehicle), None)
    if tour is None:
        raise NotFound("Dieses Fahrzeug fährt in diesem Plan nicht.")
    network, fleet = await use.network(unit), await use.fleet(unit)
    lines = _lines(stored, tour, network, fleet, await use.ticks(stored.id, unit))
    return pages.render(
        page,
        "tour.html",
        title=f"Tour: {_vehicles(fleet).get(vehicle, vehicle)}",
        stored=stored,
        vehicle=vehicle,
        lines=lines,
        ahead=next((line.task for line in lines if line.task and not line.done), None),
        ends=stored.begins_at + timedelta(seconds=tour.steps[-1].until) if tour.steps else None,
    )


@router.post("/winter/gritting/{plan_id}/{vehicle}/ticks", response_class=HTMLResponse)
async def tick_off(
    page: Page, plan_id: str, vehicle: str, form: PageForm, _who: Driver, unit: InUnit, use: Use
) -> Response:
    """A street is gritted."""
    plan_id = parse_id(plan_id, "?plan_id")
    await use.tick(Tick(plan_id, str(form.get("task", "")), _moment(str(form.get("at", "")))), unit)
    return RedirectResponse(page.url(f"/winter/gritting/{plan_id}/{vehicle}#next"), status_code=303)


async def _list(
    page: Page, who: Principal, unit: InUnit, use: Use, problem: Conflict | Invalid | None = None
) -> HTMLResponse:
    return pages.render(
        page,
        "gritting.html",
        title="Winterdienst: Streupläne",
        status=problem.status if problem else 200,
        plans=await use.newest(unit, SHOWN),
        fleet=await use.fleet(unit),
        priorities=PRIORITIES,
        may_plan="dispatcher" in who.roles,
        notice=_told(problem),
    )


async def _show(
    page: Page,
    plan_id: str,
    who: Principal,
    unit: InUnit,
    use: Use,
    problem: Conflict | Invalid | None = None,
) -> HTMLResponse:
    stored = await use.plan(plan_id, unit)
    network, fleet = await use.network(unit), await use.fleet(unit)
    ticks = await use.ticks(plan_id, unit)
    arcs = stored.problem.roads.by_id
    tours = []
    inks: dict[str, tuple[str, str]] = {}
    for number, tour in enumerate(stored.plan.tours):
        gritted = [step for step in tour.steps if isinstance(step, Grit)]
        inks |= {arcs[step.arc].segment: INK[number % len(INK)] for step in gritted}
        lines = _lines(stored, tour, network, fleet, ticks)
        seconds = tour.steps[-1].until - tour.steps[0].at if tour.steps else 0
        tours.append((tour.vehicle, INK[number % len(INK)], lines, seconds))
    return pages.render(
        page,
        "plan.html",
        title="Streuplan",
        status=problem.status if problem else 200,
        stored=stored,
        sheet=sheet(network.segments),
        inks=inks,
        tours=tours,
        names=_vehicles(fleet),
        segments=network.segments,
        network=network,
        done=len(ticks),
        may_plan="dispatcher" in who.roles,
        notice=_told(problem),
    )


def _lines(
    stored: StoredPlan, tour: Tour, network: Network, fleet: Fleet | None, ticks: Mapping[str, datetime]
) -> Sequence[Line]:
    arcs, tasks = stored.problem.roads.by_id, {task.id: task for task in stored.problem.tasks}
    places = {one.id: one.name for one in (*fleet.depots, *fleet.containers)} if fleet else {}
    lines = []
    for step in tour.steps:
        at, until = (stored.begins_at + timedelta(seconds=one) for one in (step.at, step.until))
        if isinstance(step, Refill):
            name = places.get(step.station, step.station)
            lines.append(Line(name, at, until, None, None, step.salt, None))
        elif isinstance(step, Grit):
            task, segment = tasks[step.task], network.by_id.get(arcs[step.arc].segment)
            by = None if task.deadline is None else stored.begins_at + timedelta(seconds=task.deadline)
            name = segment.name if segment else step.task
            lines.append(Line(name, at, until, by, task.id, task.salt, ticks.get(task.id)))
    return lines


def _moment(text: str) -> datetime | None:
    """When a phone says it was; nothing that can be read as that is as if it were not said."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _vehicles(fleet: Fleet | None) -> Mapping[str, str]:
    return {one.id: one.name for one in fleet.vehicles} if fleet else {}


def _told(problem: Conflict | Invalid | None) -> str:
    if problem is None:
        return ""
    more = [f"{fault.reason}. {fault.remedy}" for fault in getattr(problem, "errors", ())]
    return " ".join([problem.detail, *more])
