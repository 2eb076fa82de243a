# SPDX-License-Identifier: EUPL-1.2
"""The gritting service through its doors: plans are made, ticked off, and made anew when a street is icy."""

import asyncio
import shutil
import tomllib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mash.winter.v1.events_pb2 import IceWarningOpened
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sdk.testing.bench import CSRF
from mash_winter.gateways.solving import TourSolver
from mash_winter.model.routing.checker import violations
from mash_winter.model.routing.fleet import BrokenFleet, Fleet
from mash_winter.store.plans import PlanStore

PLANS = "/api/winter/v1/plans"
BRIDGE = "alte-bruecke"


@pytest.fixture
async def bench(night_in: Callable[..., Awaitable[Any]]) -> Bench:
    bench: Bench = (await night_in(plan_seconds=0.5)).bench
    return bench


@pytest.fixture
def willi(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id(), roles=("dispatcher",))


@pytest.fixture
def fritz(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id(), roles=("driver",))


def gritted(plan: dict[str, Any]) -> list[str]:
    return [step["task"] for tour in plan["tours"] for step in tour["steps"] if step["kind"] == "grit"]


async def made(willi: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await willi.post(PLANS, json=body)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def judged(bench: Bench, plan_id: str) -> list[str]:
    """By the checker, of what is stored."""
    async with bench.unit() as unit:
        stored = await PlanStore().find(unit, plan_id)
    assert stored is not None
    return [one.text for one in violations(stored.problem, stored.plan)]


async def test_a_plan_grits_every_street_of_the_priorities_once(
    bench: Bench, willi: httpx.AsyncClient
) -> None:
    streets = (await bench.visitor().get("/api/winter/v1/segments")).json()["features"]
    wanted = sorted(one["id"] for one in streets if one["properties"]["priority"] in (1, 2))
    plan = await made(willi, priorities=[2, 1])
    assert sorted(gritted(plan)) == wanted
    assert (plan["violations"], plan["demo"], plan["follows"]) == ([], True, None)
    assert await judged(bench, plan["id"]) == []
    assert (await willi.get(f"{PLANS}/{plan['id']}")).json() == plan
    assert [one["id"] for one in (await willi.get(PLANS)).json()["items"]] == [plan["id"]]


async def test_a_street_that_turns_icy_is_put_in_and_what_was_driven_stays(
    bench: Bench, willi: httpx.AsyncClient, fritz: httpx.AsyncClient
) -> None:
    plan = await made(willi, priorities=[1])
    assert BRIDGE not in gritted(plan)
    tour = next(tour for tour in plan["tours"] if tour["steps"])
    first, second = [step["task"] for step in tour["steps"] if step["kind"] == "grit"][:2]
    bench.clock.forward(seconds=120)
    for task in (first, second, second):
        ticked = await fritz.post(f"{PLANS}/{plan['id']}/ticks", json={"task": task})
    assert ticked.json().keys() == {first, second}

    await bench.deliver(IceWarningOpened(warning_id=new_id(), segment_id=BRIDGE, level="warning"))

    newest, before = (await willi.get(PLANS)).json()["items"]
    assert (newest["follows"], newest["icy"], before["id"]) == (plan["id"], BRIDGE, plan["id"])
    anew = (await willi.get(f"{PLANS}/{newest['id']}")).json()
    assert sorted(gritted(anew)) == sorted({*gritted(plan), BRIDGE} - {first, second})
    assert anew["violations"] == await judged(bench, anew["id"]) == []
    # It goes on where the second street ended, not at the depot.
    again = next(one for one in anew["tours"] if one["vehicle"] == tour["vehicle"])
    assert all(step["at"] >= anew["made_at"] for one in anew["tours"] for step in one["steps"])
    assert again["steps"]
    # Only one plan follows another.
    late = await willi.post(f"{PLANS}/{plan['id']}/urgent", json={"segment": BRIDGE})
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "followed-already")


async def test_what_may_be_slippery_sends_nobody(bench: Bench, willi: httpx.AsyncClient) -> None:
    await made(willi, priorities=[1])
    await bench.deliver(IceWarningOpened(warning_id=new_id(), segment_id=BRIDGE, level="possible"))
    assert len((await willi.get(PLANS)).json()["items"]) == 1


async def test_no_tour_changes_for_a_street_that_is_gritted_in_time_anyway(
    night_in: Callable[..., Awaitable[Any]], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    cities = tmp_path / "cities"
    shutil.copytree(pytestconfig.rootpath / "cities", cities)
    file = cities / "heidelberg/modules/winter/gritting.toml"
    rules = file.read_text(encoding="utf-8")
    file.write_text(rules.replace("urgent_min = 30", "urgent_min = 10"), encoding="utf-8")
    bench: Bench = (await night_in(plan_seconds=0.5, cities=cities)).bench
    willi = bench.client(subject=new_id(), roles=("dispatcher", "driver"))
    plan = await made(willi, priorities=[1, 2])
    begins = datetime.fromisoformat(plan["begins_at"])
    ends = {
        step["task"]: datetime.fromisoformat(step["until"])
        for tour in plan["tours"]
        for step in tour["steps"]
        if step["kind"] == "grit"
    }
    soonest, latest = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    urgent = begins + timedelta(minutes=10)
    assert ends[soonest] < urgent < ends[latest], "the test's own premise"
    await bench.deliver(IceWarningOpened(warning_id=new_id(), segment_id=soonest, level="warning"))
    assert len((await willi.get(PLANS)).json()["items"]) == 1
    await bench.deliver(IceWarningOpened(warning_id=new_id(), segment_id=latest, level="warning"))
    [newest, first] = (await willi.get(PLANS)).json()["items"]
    assert (newest["follows"], newest["icy"]) == (first["id"], latest)


@pytest.mark.parametrize(("holds", "plans"), [("", 2), ("holds_min = 60\n", 1)])
async def test_where_salt_still_holds_nobody_is_sent_again(
    holds: str,
    plans: int,
    night_in: Callable[..., Awaitable[Any]],
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    cities = tmp_path / "cities"
    shutil.copytree(pytestconfig.rootpath / "cities", cities)
    file = cities / "heidelberg/modules/winter/gritting.toml"
    file.write_text(holds + file.read_text(encoding="utf-8"), encoding="utf-8")
    bench: Bench = (await night_in(plan_seconds=0.5, cities=cities)).bench
    willi = bench.client(subject=new_id(), roles=("dispatcher", "driver"))
    plan = await made(willi, priorities=[1])
    task = gritted(plan)[0]
    await willi.post(f"{PLANS}/{plan['id']}/ticks", json={"task": task})
    await bench.deliver(IceWarningOpened(warning_id=new_id(), segment_id=task, level="warning"))
    assert len((await willi.get(PLANS)).json()["items"]) == plans


async def test_a_street_gritted_before_is_gritted_again_when_it_turns_icy(willi: httpx.AsyncClient) -> None:
    plan = await made(willi, priorities=[1])
    task = gritted(plan)[0]
    await willi.post(f"{PLANS}/{plan['id']}/ticks", json={"task": task})
    anew = (await willi.post(f"{PLANS}/{plan['id']}/urgent", json={"segment": task})).json()
    assert f"{task}#2" in gritted(anew)
    assert task not in gritted(anew)


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("", {"priorities": []}, "/priorities"),
        ("/{id}/ticks", {"task": "mars"}, "/task"),
        ("/{id}/urgent", {"segment": "mars"}, "/segment"),
    ],
)
async def test_what_is_wrong_is_said(
    willi: httpx.AsyncClient, path: str, body: dict[str, Any], pointer: str
) -> None:
    plan = await made(willi, priorities=[1])
    refused = await willi.post(PLANS + path.format(id=plan["id"]), json=body)
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


async def test_drivers_plan_nothing_and_strangers_see_nothing(
    bench: Bench, willi: httpx.AsyncClient, fritz: httpx.AsyncClient
) -> None:
    assert (await fritz.post(PLANS, json={})).status_code == 403
    assert (await bench.client(subject=new_id()).get(PLANS)).status_code == 403
    plan = await made(willi)
    elsewhere = bench.client("mannheim", subject=new_id(), roles=("dispatcher",))
    assert (await elsewhere.get(f"{PLANS}/{plan['id']}")).status_code == 404
    refused = await elsewhere.post(PLANS, json={})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "no-fleet")


async def test_from_the_button_to_the_last_tick_as_plain_forms(
    willi: httpx.AsyncClient, fritz: httpx.AsyncClient
) -> None:
    start = await willi.post("/winter/gritting", data={"csrf": CSRF, "priority": ["1", "2"]})
    assert start.status_code == 303
    place = start.headers["location"].removeprefix("/heidelberg")
    shown = (await fritz.get(place)).text
    assert "Demodaten" in shown
    assert "alle Fristen und Regeln sind eingehalten" in shown
    assert shown.count("stroke-dasharray") > 10
    assert "Neu planen" not in shown  # drivers plan nothing
    plan = (await fritz.get(f"{PLANS}/{place.rpartition('/')[2]}")).json()
    vehicle = next(tour["vehicle"] for tour in plan["tours"] if tour["steps"])
    todo = next(tour for tour in plan["tours"] if tour["vehicle"] == vehicle)["steps"]
    for step in todo:
        if step["kind"] == "grit":
            sent = {"csrf": CSRF, "task": step["task"]}
            answer = await fritz.post(f"{place}/{vehicle}/ticks", data=sent)
            assert answer.status_code == 303
    sheet = (await fritz.get(f"{place}/{vehicle}")).text
    assert "Gestreut</span>" not in sheet  # nothing is left to tick off
    assert sheet.count("kern-table__row") == 1 + sum(step["kind"] != "drive" for step in todo)


async def test_a_refusal_is_shown_on_the_page(bench: Bench, willi: httpx.AsyncClient) -> None:
    refused = await willi.post("/winter/gritting", data={"csrf": CSRF})
    assert refused.status_code == 422
    assert "Bitte andere Prioritäten wählen." in refused.text


async def test_who_stops_waiting_ends_the_search(bench: Bench, willi: httpx.AsyncClient) -> None:
    plan = await made(willi)
    async with bench.unit() as unit:
        stored = await PlanStore().find(unit, plan["id"])
    assert stored is not None
    with bench.program.telemetry.active():
        search = asyncio.create_task(TourSolver().solve(stored.problem, 200, None))
        await asyncio.sleep(0)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(search, 60)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"spread_g_m2": 0}, "above 0"), ({"vehicles": [{"id": "v"}]}, "name"), ({"depots": None}, "iterable")],
)
def test_what_is_wrong_with_a_fleet_is_said(
    pytestconfig: pytest.Config, change: dict[str, Any], word: str
) -> None:
    file: Path = pytestconfig.rootpath / "cities/heidelberg/modules/winter/gritting.toml"
    data = tomllib.loads(file.read_text())
    assert Fleet.read(data).demo
    with pytest.raises(BrokenFleet, match=word):
        Fleet.read(data | change)


async def test_a_tick_that_comes_late_says_when_it_was(bench: Bench, willi: httpx.AsyncClient) -> None:
    plan = await made(willi, priorities=[1])
    first, second, third = gritted(plan)[:3]
    at = bench.clock.now()
    bench.clock.forward(seconds=60)
    place = f"{PLANS}/{plan['id']}/ticks"
    await willi.post(place, json={"task": first, "at": at.isoformat()})
    await willi.post(place, json={"task": second, "at": "2001-01-01T00:00:00Z"})
    ticked = (await willi.post(place, json={"task": third, "at": "2999-01-01T00:00:00Z"})).json()
    said = {task: datetime.fromisoformat(moment) for task, moment in ticked.items()}
    begins = datetime.fromisoformat(plan["begins_at"])
    assert said == {first: at, second: begins, third: bench.clock.now()}
