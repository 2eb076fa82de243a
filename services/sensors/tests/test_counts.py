# SPDX-License-Identifier: EUPL-1.2
"""$count by tallies of days and weeks: it says what is there, whatever came late, went or was moved."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mash_sdk.database import Unit
from mash_sdk.testing import Bench
from mash_sensors.service.tallying import Tallying

STA = "/api/sensors/sta/v1.1"
DAYS = 24


def z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
async def begin(bench: Bench, sender: Any, chance: random.Random) -> datetime:
    """Readings of numbers and truths over some weeks; from when on."""
    begin = (bench.clock.now() - timedelta(days=DAYS)).replace(microsecond=0)
    midnight = begin.replace(hour=0, minute=0, second=0)
    times = [begin + timedelta(hours=chance.uniform(0, 24 * DAYS)) for _ in range(40)]
    for at in [*times, midnight + timedelta(days=3), midnight + timedelta(days=7)]:
        await sender.send({"surface": chance.choice([-2.5, 0.0, 0.1, 3.0]), "wet": True}, at=at)
    await bench.settle()
    return begin


@pytest.fixture
def tally(bench: Bench) -> Callable[[], Awaitable[None]]:
    found: Any = bench.program.provides[Tallying]
    return found.tally  # type: ignore[no-any-return]


def filters(begin: datetime, chance: random.Random) -> list[str]:
    """Of all that tallies answer, and some that they do not."""
    numbers = [
        "result gt 0",
        "result ge 0",
        "result lt 0.1",
        "0.1 ge result",
        "result eq 3",
        "result gt 0.05",
    ]
    streams = ["Datastream/name eq 'Oberfläche'", "not (Datastream/Thing/name eq 'Brücke')"]
    found = [
        "",
        *numbers,
        *streams,
        "result gt -1 and result lt 1",
        "result gt 3 and result lt 0",
        "result eq true",
    ]
    for _ in range(8):
        first = begin + timedelta(hours=chance.uniform(-24, 24 * DAYS))
        last = first + timedelta(hours=chance.uniform(0, 24 * DAYS))
        if chance.random() < 0.5:
            first, last = (one.replace(hour=0, minute=0, second=0, microsecond=0) for one in (first, last))
        span = f"phenomenonTime {chance.choice(['ge', 'gt'])} {z(first)}"
        span += f" and phenomenonTime {chance.choice(['le', 'lt'])} {z(last)}"
        found += [span, f"{span} and {chance.choice(numbers)} and {chance.choice(streams)}"]
    return [*found, "phenomenonTime eq " + z(begin), "result gt 0 or result lt 0", "day(phenomenonTime) gt 9"]


async def agree(bench: Bench, asked: list[str], path: str = f"{STA}/Observations") -> None:
    """Each count is the number of what is shown."""
    for one in asked:
        query = {"$count": "true", "$top": "1000"} | ({"$filter": one} if one else {})
        answer = await bench.visitor().get(path, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["@iot.count"] == len(answer.json()["value"]), one


async def test_a_count_is_the_number_of_what_is_shown(
    bench: Bench, sender: Any, begin: datetime, tally: Callable[[], Awaitable[None]], chance: random.Random
) -> None:
    asked = filters(begin, chance)
    of_one = f"{STA}/Datastreams('{sender.datastream('surface')}')/Observations"
    await agree(bench, asked)
    await tally()
    await agree(bench, asked)
    await agree(bench, asked, of_one)
    for _ in range(4):
        late = begin + timedelta(hours=chance.uniform(0, 24 * DAYS))
        await sender.send({"surface": 0.05, "wet": False}, at=late)
    await bench.settle()
    await agree(bench, asked)
    await agree(bench, asked, of_one)
    await tally()
    await agree(bench, asked)
    await agree(bench, asked, of_one)


async def test_what_is_deleted_or_moved_counts_where_it_is_now(
    bench: Bench, sender: Any, begin: datetime, tally: Callable[[], Awaitable[None]], chance: random.Random
) -> None:
    asked = filters(begin, chance)
    await tally()
    editor = bench.client("heidelberg", ["editor"])
    one, two, *_ = await sender.observations()
    assert (await editor.delete(f"{STA}/Observations('{one['@iot.id']}')")).status_code in {200, 204}
    # Into another month, so into another partition.
    moved = {"phenomenonTime": z(begin - timedelta(days=40))}
    answer = await editor.patch(f"{STA}/Observations('{two['@iot.id']}')", json=moved)
    assert answer.status_code in {200, 204}, answer.text
    await agree(bench, asked)
    await tally()
    await agree(bench, asked)


async def test_days_that_are_tallied_are_not_read_again(
    bench: Bench, begin: datetime, tally: Callable[[], Awaitable[None]]
) -> None:
    assert begin
    await tally()
    async with bench.program.database.worker_unit() as unit:
        await unit.connection.execute(text("update tallies set counted = counted + 1000 where days = 7"))
    answer = await bench.visitor().get(f"{STA}/Observations?$count=true&$top=0")
    assert answer.json()["@iot.count"] > 1000
    assert answer.json()["value"] == []


async def test_the_tallies_of_a_city_are_its_own(
    bench: Bench, begin: datetime, tally: Callable[[], Awaitable[None]]
) -> None:
    assert begin
    await tally()
    answer = await bench.visitor("mannheim").get(f"{STA}/Observations?$count=true&$top=0")
    assert answer.json()["@iot.count"] == 0


async def test_a_filter_beyond_the_tallies_is_counted_by_itself(
    bench: Bench, begin: datetime, tally: Callable[[], Awaitable[None]]
) -> None:
    await tally()

    async def until(unit: Unit) -> Any:
        return await unit.connection.scalar(text("select until from tallied"))

    async with bench.program.database.unit("heidelberg") as unit:
        assert await until(unit) >= begin.date()
    await agree(bench, [f"phenomenonTime gt {z(begin - timedelta(days=9000))} and result gt 1e300"])
