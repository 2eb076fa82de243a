# SPDX-License-Identifier: EUPL-1.2
"""Observations as lists: in the order of their times, page by page, never at any price."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mash_sdk.database import Unit
from mash_sdk.testing import Bench
from mash_sensors.store.sta import reader

STA = "/api/sensors/sta/v1.1"


async def pages(bench: Bench, path: str) -> list[list[float]]:
    """The results on each page, from link to link."""
    found: list[list[float]] = []
    url: str | None = path
    while url:
        answer = await bench.visitor().get(url)
        assert answer.status_code == 200, answer.text
        found.append([one["result"] for one in answer.json()["value"]])
        link = answer.json().get("@iot.nextLink")
        url = link and STA + link.partition(STA)[2]
    return found


@pytest.fixture
async def path(bench: Bench, sender: Any) -> str:
    """Of a datastream whose readings came neither in the order of their times nor at times of their own."""
    now = bench.clock.now()
    for minutes in (3, 1, 5, 2, 4, 3):
        await sender.send({"surface": float(minutes)}, at=now + timedelta(minutes=minutes - 6))
        await bench.settle()
    return f"{STA}/Datastreams('{sender.datastream('surface')}')/Observations"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", [[1, 2], [3, 3], [4, 5]]),
        ("&$orderby=phenomenonTime", [[1, 2], [3, 3], [4, 5]]),
        ("&$orderby=phenomenonTime desc", [[5, 4], [3, 3], [2, 1]]),
        ("&$count=true&$skip=1", [[2, 3], [3, 4], [5]]),
    ],
)
async def test_a_datastreams_observations_stand_in_the_order_of_their_times(
    bench: Bench, path: str, order: str, expected: list[list[float]]
) -> None:
    assert await pages(bench, f"{path}?$top=2{order}") == expected
    whole = [one for page in expected for one in page]
    assert await pages(bench, f"{path}?$top=1{order}") == [[one] for one in whole]


async def test_all_observations_stand_as_they_came(bench: Bench, path: str) -> None:
    assert path
    assert await pages(bench, f"{STA}/Observations?$top=4") == [[3, 1, 5, 2], [4, 3]]


@pytest.mark.parametrize(
    ("option", "pointer", "said"),
    [
        ("$skip=10001", "?$skip", "@iot.nextLink"),
        ("$skiptoken=x", "?$skiptoken", "@iot.nextLink"),
        ("$skiptoken=2026-03-02T10:00:00Z_x", "?$skiptoken", "@iot.nextLink"),
        ("$skiptoken=0001-01-01T00:00:00%2B14:00_x", "?$skiptoken", "@iot.nextLink"),
    ],
)
async def test_what_would_cost_too_much_or_means_nothing_is_refused(
    bench: Bench, path: str, option: str, pointer: str, said: str
) -> None:
    for url in (path, f"{STA}/Observations"):
        answer = await bench.visitor().get(f"{url}?{option}")
        assert answer.status_code == 400
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == pointer
        assert said in fault["remedy"]
    assert (await bench.visitor().get(f"{path}?$skip=10000")).json() == {"value": []}


async def test_what_takes_too_long_is_ended_and_said(
    bench: Bench, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(unit: Unit, *_: object) -> int:
        await unit.connection.execute(text("set local statement_timeout = 20"))
        await unit.connection.execute(text("select pg_sleep(60)"))
        return 0

    monkeypatch.setattr(reader, "_count", slow)
    answer = await bench.visitor().get(f"{path}?$count=true")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/too-slow")
