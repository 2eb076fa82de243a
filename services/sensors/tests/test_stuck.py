# SPDX-License-Identifier: EUPL-1.2
"""A sensor that says the same for too long is stuck: what it says is kept, flagged, and not what is now."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sensors.model.device import Kind
from mash_sensors.model.reading import Datastream, Reading, Sameness, judged

SURFACE = "http://vocab.nerc.ac.uk/standard_name/surface_temperature/"
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def streams(**more: Any) -> list[dict[str, Any]]:
    observed = {"name": "Oberflächentemperatur", "definition": SURFACE}
    one = {"field": "surface", "name": "x", "observed_property": observed, "unit": "Cel", "valid_for": "P1D"}
    return [one | more]


@pytest.fixture
async def watched(register: Callable[..., Awaitable[Any]]) -> Any:
    return await register(datastreams=streams(stuck_after="PT30M"))


async def flags(sender: Any) -> list[Any]:
    return [(one["result"], one.get("resultQuality")) for one in await sender.observations()]


@pytest.mark.parametrize("when", ["at once", "one by one"])
async def test_the_same_for_too_long_is_flagged_until_it_changes(
    bench: Bench, watched: Any, when: str
) -> None:
    for result in (3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 2.5, 2.5):
        assert (await watched.send({"surface": result})).status_code == 202
        if when == "one by one":
            await bench.settle()
        bench.clock.forward(minutes=10)
    stuck = ["stuck"]
    assert await flags(watched) == [
        *[(3.0, None)] * 4,  # for 30 minutes it may
        *[(3.0, stuck)] * 2,
        *[(2.5, None)] * 2,
    ]


async def test_a_stuck_sensor_warns_of_nothing_and_is_not_what_is_now(bench: Bench, watched: Any) -> None:
    begin = bench.clock.now()
    for _ in range(5):
        await watched.send({"surface": 0.6})
        await bench.settle()
        bench.clock.forward(minutes=20)
    [now] = (await bench.visitor().get("/api/sensors/v1/newest")).json()["items"]
    assert datetime.fromisoformat(now["observed_at"]) == begin + timedelta(minutes=20)
    assert (await bench.visitor().get("/api/sensors/v1/alerts")).json()["items"] == []


async def test_the_same_message_again_does_not_make_it_stuck(bench: Bench, watched: Any) -> None:
    first = watched.uplink({"surface": 3.0})
    await watched.post(first)
    await bench.settle()
    bench.clock.forward(hours=2)
    await watched.send({"surface": 2.0})
    for _ in range(2):
        await watched.post(first)
        await bench.settle()
    assert await flags(watched) == [(3.0, None), (2.0, None)]


async def test_without_a_limit_it_may_say_the_same_for_ever(bench: Bench, sender: Any) -> None:
    for _ in range(3):
        await sender.send({"surface": 3.0})
        bench.clock.forward(days=1)
    assert [quality for _, quality in await flags(sender)] == [None] * 3


@pytest.mark.parametrize("wrong", ["PT0S", "bald", -1])
async def test_a_limit_that_is_none_is_refused(
    bench: Bench, describe: Callable[..., dict[str, Any]], wrong: Any
) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    answer = await editor.post(
        "/api/sensors/v1/devices", json=describe(datastreams=streams(stuck_after=wrong))
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/datastreams/0/stuck_after"


LIMITED = Datastream(
    id=new_id(),
    tenant="heidelberg",
    thing_id="t",
    kind=Kind.NUMBER,
    unit="Cel",
    definition=SURFACE,
    device_id=None,
    valid_for=timedelta(days=9),
    stuck_after=timedelta(minutes=30),
)


def reading(minute: int, result: int) -> Reading:
    at = BEGIN + timedelta(minutes=minute)
    return Reading(new_id(), LIMITED, at, at, float(result), 0)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 1)), unique_by=lambda one: one[0], max_size=30),
    st.sets(st.integers(0, 30)),
)
def test_however_batches_are_cut_the_same_readings_are_stuck(
    said: list[tuple[int, int]], cuts: set[int]
) -> None:
    readings = [reading(*one) for one in sorted(said)]
    whole = {key: one.stuck for key, one in judged(readings, {}).items()}
    before: dict[str, Sameness] = {}
    pieces: dict[str, bool] = {}
    places = sorted({0, len(readings), *(cut for cut in cuts if cut < len(readings))})
    for begin, end in pairwise(places):
        found = judged(readings[begin:end], before)
        pieces |= {key: one.stuck for key, one in found.items()}
        for one in readings[begin:end]:
            if not found[one.id].stuck:  # as the store does it: what is stuck is never the newest
                before[LIMITED.id] = Sameness(one.phenomenon_time, one.result, found[one.id].since)
    assert pieces == whole
    for number, one in enumerate(readings):
        same = [at.phenomenon_time for at in readings[: number + 1]]
        for earlier in range(number, -1, -1):
            if readings[earlier].result != one.result:
                same = same[earlier + 1 :]
                break
        assert whole[one.id] == (one.phenomenon_time - same[0] > timedelta(minutes=30))
