# SPDX-License-Identifier: EUPL-1.2
"""The page of how it stands: for those on duty, with what is icy, gritted and under way."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

PLANS = "/api/winter/v1/plans"
NOW = "/winter/gritting/now"
BRIDGE = "alte-bruecke"


@pytest.fixture
async def night(night_in: Callable[..., Awaitable[Any]]) -> Any:
    night = await night_in(plan_seconds=0.5)
    assert await night.known()
    return night


async def test_it_is_for_those_on_duty(night: Any) -> None:
    bench: Bench = night.bench
    assert (await bench.visitor().get(NOW)).status_code == 401
    assert (await bench.client(subject=new_id(), roles=("citizen",)).get(NOW)).status_code == 403
    page = await bench.client(subject=new_id(), roles=("driver",)).get(NOW)
    assert (page.status_code, "Zurzeit läuft kein Streuplan." in page.text) == (200, True)
    assert (
        (await bench.visitor().get("/winter/live.js")).headers["content-type"].startswith("text/javascript")
    )


async def test_what_is_icy_is_listed_until_it_is_gritted(night: Any) -> None:
    bench: Bench = night.bench
    await night.frost()
    willi = bench.client(subject=new_id(), roles=("dispatcher", "driver"))
    assert "Glatt und noch nicht gestreut: 1" in (await willi.get(NOW)).text
    plan = (await willi.post(PLANS, json={"priorities": [1, 2, 3]})).json()
    tour = next(one for one in plan["tours"] if BRIDGE in _streets(one))
    for task in _streets(tour):
        await willi.post(f"{PLANS}/{plan['id']}/ticks", json={"task": task})
        if task == BRIDGE:
            break
    many = _streets(tour).index(BRIDGE) + 1
    page = (await willi.get(NOW)).text
    assert "Glatt und noch nicht gestreut: 0" in page
    assert f"{many} von {len(_streets(tour))} abgehakt" in page
    assert f"{many} Abschnitte, " in page


async def test_what_was_gritted_stays_so_when_it_is_planned_anew(night: Any) -> None:
    bench: Bench = night.bench
    willi = bench.client(subject=new_id(), roles=("dispatcher", "driver"))
    plan = (await willi.post(PLANS, json={"priorities": [1]})).json()
    first = next(_streets(tour)[0] for tour in plan["tours"] if _streets(tour))
    await willi.post(f"{PLANS}/{plan['id']}/ticks", json={"task": first})
    anew = await willi.post(f"{PLANS}/{plan['id']}/urgent", json={"segment": BRIDGE})
    assert anew.status_code == 201, anew.text
    page = (await willi.get(NOW)).text
    assert (
        f"1 Abschnitte, {len([one for tour in anew.json()['tours'] for one in _streets(tour)])} offen" in page
    )
    assert page.count("gestreut um ") == 1


async def test_a_night_that_is_over_is_not_shown(night: Any) -> None:
    bench: Bench = night.bench
    willi = bench.client(subject=new_id(), roles=("dispatcher",))
    await willi.post(PLANS, json={"priorities": [1]})
    bench.clock.forward(hours=24)
    willi = bench.client(subject=new_id(), roles=("dispatcher",))
    assert "Zurzeit läuft kein Streuplan." in (await willi.get(NOW)).text


def _streets(tour: dict[str, Any]) -> list[str]:
    return [step["task"] for step in tour["steps"] if step["kind"] == "grit"]
