# SPDX-License-Identifier: EUPL-1.2
"""From readings to what people read of a grit container, and to what plans count on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.ids import new_id
from mash_winter.model.stock import EMPTY, Fill, Measured, assess
from mash_winter.store.plans import PlanStore

CONTAINERS = "/api/winter/v1/containers"
BRIDGE = "streugut-alte-bruecke"
BEGIN = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = (60.0, 56.0, 52.0, 48.0, 44.0)
levels = st.floats(0, 100, allow_nan=False)


def series(values: Sequence[float]) -> list[Measured]:
    times = [BEGIN + 2 * HOUR * at for at in range(len(values))]
    return [
        Measured(at.isoformat(), "d", "c", value, at, at + 12 * HOUR)
        for at, value in zip(times, values, strict=True)
    ]


async def seen(night: Any, container_id: str = BRIDGE) -> dict[str, Any]:
    found = (await night.bench.visitor().get(CONTAINERS)).json()["items"]
    return dict(next(one for one in found if one["id"] == container_id))


async def test_readings_become_a_level_and_a_forecast(night: Any) -> None:
    before = await seen(night)
    assert (before["fill"], before["percent"], before["kilograms"]) == ("unknown", None, None)
    await night.hold("Streugut Alte Brücke", *WEEK)
    after = await seen(night)
    # The median of the last three: 48 per cent of 400 kg.
    assert (after["fill"], after["percent"], after["kilograms"]) == ("enough", 48, 192)
    assert after["empty_earliest"] <= after["empty_likely"] <= after["empty_latest"]
    page = (await night.bench.visitor().get("/winter/containers")).text
    # 38 points at 2 an hour.
    assert "Leer in etwa 19 Stunden" in page
    # A share of one is the same as per cent; another unit says nothing.
    await night.hold("Streugut Klingenteich", 0.2)
    assert (await seen(night, "streugut-klingenteich"))["fill"] == "low"
    await night.hold("Streugut Karlstor", 1.0)
    assert (await seen(night, "streugut-karlstor"))["percent"] is None


async def test_what_is_not_live_any_more_is_not_known(night: Any) -> None:
    await night.hold("Streugut Alte Brücke", 80.0)
    night.bench.clock.forward(hours=13)
    stale = await seen(night)
    assert (stale["fill"], stale["percent"], stale["kilograms"]) == ("unknown", 80, None)
    assert "zuletzt gemessen 80" in (await night.bench.visitor().get("/winter/containers")).text


async def test_that_it_was_filled_up_is_seen(night: Any) -> None:
    await night.hold("Streugut Alte Brücke", 20.0, 16.0, 12.0, 9.0, 95.0, 94.0)
    after = await seen(night)
    assert (after["fill"], after["percent"]) == ("enough", 94)
    assert after["refilled_at"] is not None


async def test_of_another_city_nothing_is_said(night: Any) -> None:
    await night.bench.receive(night.batch("Streugut Alte Brücke", level=50.0), tenant="mannheim")
    assert (await seen(night))["fill"] == "unknown"
    assert (await night.bench.visitor("mannheim").get(CONTAINERS)).json()["items"] == []


async def test_plans_count_on_what_is_live_and_on_nothing_else(night_in: Any) -> None:
    night = await night_in(plan_seconds=0.3)
    assert await night.known()
    await night.hold("Streugut Kornmarkt", 90.0)
    night.bench.clock.forward(hours=13)
    await night.hold("Streugut Alte Brücke", 50.0)
    await night.hold("Streugut Klingenteich", 0.04)
    willi = night.bench.client(subject=new_id(), roles=("dispatcher",))
    plan = (await willi.post("/api/winter/v1/plans", json={"priorities": [1]})).json()
    assert await stocks(night, plan["id"]) == {BRIDGE: 200}
    # It is planned anew with what is there then, but with no more than the plan left.
    await night.hold("Streugut Alte Brücke", 99.0)
    await night.hold("Streugut Kornmarkt", 99.0)
    anew = await willi.post(f"/api/winter/v1/plans/{plan['id']}/urgent", json={"segment": "alte-bruecke"})
    assert set(await stocks(night, anew.json()["id"])) <= {BRIDGE}
    night.bench.clock.forward(hours=13)
    willi = night.bench.client(subject=new_id(), roles=("dispatcher",))
    later = (await willi.post("/api/winter/v1/plans", json={"priorities": [1]})).json()
    assert await stocks(night, later["id"]) == {}


async def stocks(night: Any, plan_id: str) -> dict[str, int]:
    """Containers that a plan counted on, with their kilograms."""
    async with night.bench.unit() as unit:
        stored = await PlanStore().find(unit, plan_id)
    assert stored is not None
    return {one.id: one.stock for one in stored.problem.stations if one.stock}


@given(st.lists(levels, min_size=1, max_size=60), st.randoms())
def test_order_and_repetition_say_nothing(values: list[float], chance: Any) -> None:
    measured = series(values)
    mixed = [*measured, *measured[::2]]
    chance.shuffle(mixed)
    assert assess("c", mixed, None) == assess("c", measured, None)


@given(st.lists(levels, min_size=1, max_size=60))
def test_nobody_counts_on_more_than_fits_or_on_what_is_not_live(values: list[float]) -> None:
    stock = assess("c", series(values), None)
    assert stock.observed_at is not None
    assert stock.valid_until is not None
    held = stock.kilograms(400, stock.observed_at)
    assert held is not None
    assert 0 <= held <= 400
    assert stock.kilograms(400, stock.valid_until) is None
    assert stock.at(stock.valid_until) is Fill.UNKNOWN


@given(st.floats(70, 100), st.floats(0.2, 3), st.integers(6, 12))
def test_what_empties_evenly_is_foreseen(start: float, per_hour: float, number: int) -> None:
    values = [start - 2 * per_hour * at for at in range(number)]
    stock = assess("c", series([one for one in values if one > EMPTY]), None)
    assert stock.percent is not None
    if stock.rate is None or stock.forecast is None:
        return
    assert stock.rate.likely == pytest.approx(per_hour, rel=1e-6)
    assert stock.forecast.likely is not None
    assert stock.observed_at is not None
    told = (stock.forecast.likely - stock.observed_at) / HOUR
    assert told == pytest.approx((stock.percent - EMPTY) / per_hour, abs=1e-3)
