# SPDX-License-Identifier: EUPL-1.2
"""Tours through the doors: what is due is planned and ticked off, and it is known who emptied what."""

from typing import Any

from mash.waste.v1.events_pb2 import BinEmptied, ToursPlanned
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF
from mash_waste.model.touring.checker import violations
from mash_waste.store.plans import PlanStore

PLANS = "/api/waste/v1/plans"


async def made(town: Any, fraction: str = "paper") -> dict[str, Any]:
    answer = await town.person("dispatcher").post(PLANS, json={"fraction": fraction})
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


def collected(plan: dict[str, Any]) -> set[str]:
    return {step["bin"] for tour in plan["tours"] for step in tour["steps"] if step["kind"] == "collect"}


async def test_what_is_due_is_planned_and_what_has_room_waits(town: Any) -> None:
    await town.report("Papier Bergheim", 10.0, 10.0, 10.0, 10.0, 10.0)
    await town.report("Papier Hauptbahnhof", 0.3, 0.4, 0.5, 0.6, 0.7)
    plan = await made(town)
    due = collected(plan) | set(plan["left"])
    assert "papier-bergheim" not in due
    assert {"papier-hauptbahnhof", "papier-neuenheim"} <= due
    assert not any(one.startswith(("glas", "rest")) for one in due)
    async with town.bench.unit() as unit:
        stored = await PlanStore().find(unit, plan["id"])
    assert stored is not None
    assert violations(stored.problem, stored.plan) == []
    assert plan["violations"] == []
    (event,) = await town.told(ToursPlanned)
    assert (event.bins, event.left) == (len(collected(plan)), len(plan["left"]))
    # Everybody reads when; nobody is sent there twice.
    assert (await town.seen("papier-neuenheim"))["collection_at"] is not None
    if not plan["left"]:
        again = await town.person("dispatcher").post(PLANS, json={"fraction": "paper"})
        assert again.status_code == 422
        assert [one["pointer"] for one in again.json()["errors"]] == ["/fraction"]


async def test_a_tick_says_which_vehicle_emptied_what(town: Any) -> None:
    plan = await made(town, "glass")
    tour = next(one for one in plan["tours"] if one["steps"])
    name = tour["steps"][0]["bin"]
    town.bench.clock.forward(hours=1)
    for _ in range(2):
        ticked = await town.person("driver").post(f"{PLANS}/{plan['id']}/ticks", json={"bin": name})
        assert ticked.json().keys() == {name}
    (event,) = await town.told(BinEmptied)
    assert (event.bin_id, event.vehicle, event.plan_id) == (name, tour["vehicle"], plan["id"])
    (one,) = (await town.person("driver").get("/api/waste/v1/emptyings")).json()["items"]
    assert (one["bin_id"], one["vehicle"]) == (name, tour["vehicle"])
    assert (await town.seen(name))["collection_at"] is None
    assert (await town.seen(name))["emptied_at"] is not None
    wrong = await town.person("driver").post(f"{PLANS}/{plan['id']}/ticks", json={"bin": "mars"})
    assert [fault["pointer"] for fault in wrong.json()["errors"]] == ["/bin"]


async def test_sensor_and_driver_tell_of_one_emptying(town: Any) -> None:
    await town.report("Glas Bergheim", 92.0, 93.0, 94.0)
    plan = await made(town, "glass")
    town.bench.clock.forward(hours=3)
    await town.report("Glas Bergheim", 4.0)
    town.bench.clock.forward(hours=1)
    await town.report("Glas Bergheim", 4.0)
    ticked = await town.person("driver").post(f"{PLANS}/{plan['id']}/ticks", json={"bin": "glas-bergheim"})
    assert ticked.json().keys() == {"glas-bergheim"}
    assert len(await town.told(BinEmptied)) == 1
    (one,) = (await town.person("driver").get("/api/waste/v1/emptyings")).json()["items"]
    assert one["vehicle"] == next(t["vehicle"] for t in plan["tours"] if t["steps"])


async def test_pages_plan_show_and_tick(town: Any) -> None:
    assert "Touren planen" not in (await town.person("driver").get("/waste/tours")).text
    assert "Touren planen" in (await town.person("dispatcher").get("/waste/tours")).text
    planned = await town.person("dispatcher").post("/waste/tours", data={"csrf": CSRF, "fraction": "glass"})
    assert planned.status_code == 303
    path = planned.headers["location"].partition("/waste")[2]
    shown = (await town.person("driver").get(f"/waste{path}")).text
    assert "Geprüft" in shown
    assert "<polyline" in shown
    sheet = f"/waste{path}/wagen-2"
    page = (await town.person("driver").get(sheet)).text
    assert "Glas Bergheim ist geleert" in page
    assert "Abladen: Entladestelle" in page
    ticked = await town.person("driver").post(f"{sheet}/ticks", data={"csrf": CSRF, "task": "glas-bergheim"})
    assert ticked.status_code == 303
    assert "Glas Bergheim ist geleert" not in (await town.person("driver").get(sheet)).text
    again = await town.person("dispatcher").post("/waste/tours", data={"csrf": CSRF, "fraction": "organic"})
    assert again.status_code == 422
    assert "nichts zu leeren" in again.text


async def test_who_may_plan(town: Any) -> None:
    assert (await town.person("driver").post(PLANS, json={"fraction": "glass"})).status_code == 403
    assert (await town.bench.client(subject=new_id()).get(PLANS)).status_code == 403
    plan = await made(town, "glass")
    elsewhere = town.bench.client("mannheim", subject=new_id(), roles=("dispatcher",))
    assert (await elsewhere.get(f"{PLANS}/{plan['id']}")).status_code == 404
    refused = await elsewhere.post(PLANS, json={"fraction": "glass"})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "no-fleet")
