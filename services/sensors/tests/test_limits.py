# SPDX-License-Identifier: EUPL-1.2
"""What a sensor cannot measure is kept and flagged, and is never what is now."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from mash_sdk.testing import Bench

SURFACE = "http://vocab.nerc.ac.uk/standard_name/surface_temperature/"
LIMITS = {"lowest": -40.0, "highest": 85.0}


def streams(**more: Any) -> list[dict[str, Any]]:
    observed = {"name": "Oberflächentemperatur", "definition": SURFACE}
    return [{"field": "surface", "name": "x", "observed_property": observed, "unit": "Cel"} | more]


@pytest.fixture
async def limited(register: Callable[..., Awaitable[Any]]) -> Any:
    return await register(datastreams=streams(**LIMITS))


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (-40.0, None),
        (85.0, None),
        (-40.001, ["out-of-range"]),
        (85.001, ["out-of-range"]),
        (-327.68, ["out-of-range"]),
    ],
)
async def test_what_it_cannot_measure_is_kept_and_flagged(
    limited: Any, value: float, flags: list[str] | None
) -> None:
    assert (await limited.send({"surface": value})).status_code == 202
    [found] = await limited.observations()
    assert (found["result"], found.get("resultQuality")) == (value, flags)


async def test_two_things_may_be_odd_at_once(bench: Bench, limited: Any) -> None:
    await limited.send({"surface": -99.0}, at=bench.clock.now() + timedelta(hours=1))
    await limited.send({"surface": 99.0}, at=bench.clock.now() - timedelta(hours=2))
    found = await limited.observations()
    assert [sorted(one["resultQuality"]) for one in found] == [
        ["late", "out-of-range"],
        ["future", "out-of-range"],
    ]


async def test_a_broken_sensor_warns_of_nothing_and_hides_nothing(bench: Bench, limited: Any) -> None:
    await limited.send({"surface": 3.0})
    await bench.settle()
    bench.clock.forward(minutes=1)
    await limited.send({"surface": -327.68})
    await bench.settle()
    visitor = bench.visitor()
    assert (await visitor.get("/api/sensors/v1/alerts")).json()["items"] == []
    [now] = (await visitor.get("/api/sensors/v1/newest")).json()["items"]
    assert now["result"] == 3.0
    bench.clock.forward(minutes=1)
    await limited.send({"surface": -0.5})
    await bench.settle()
    assert len((await visitor.get("/api/sensors/v1/alerts")).json()["items"]) == 1


async def test_without_limits_every_number_counts(bench: Bench, sender: Any) -> None:
    await sender.send({"surface": -327.68})
    [found] = await sender.observations()
    assert "resultQuality" not in found


@pytest.mark.parametrize(
    "more",
    [{"lowest": 1, "highest": 0}, {"kind": "truth", "unit": None, "highest": 1}, {"lowest": "cold"}],
)
async def test_limits_that_are_none_are_refused(
    bench: Bench, describe: Callable[..., dict[str, Any]], more: dict[str, Any]
) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    answer = await editor.post("/api/sensors/v1/devices", json=describe(datastreams=streams(**more)))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/datastreams/0")
