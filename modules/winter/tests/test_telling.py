# SPDX-License-Identifier: EUPL-1.2
"""Subscribers: what they can subscribe to, and that they are told what is new, once."""

from typing import Any

from mash_sdk.testing import Bench
from mash_winter.service.telling import Telling

OPENED = ("Reif ist dort möglich. Bitte gehen und fahren Sie vorsichtig.", False)
WORSE = ("Reif: Es ist dort glatt. Bitte gehen und fahren Sie vorsichtig.", False)
OVER = ("Nach den Messwerten ist es dort nicht mehr glatt.", True)


async def test_only_what_a_sensor_speaks_for_is_offered(bench: Bench, notify: Any) -> None:
    telling = bench.program.provides[Telling]
    with bench.program.telemetry.active():
        await telling.offer()  # type: ignore[attr-defined]
    assert "alte-bruecke" in notify.offered["ice"]
    assert "ziegelhaeuser-landstrasse-ost" in notify.offered["ice"]
    assert len(notify.offered["ice"]) == len(set(notify.offered["ice"]))


async def test_subscribers_hear_what_is_new_and_that_it_is_over(
    bench: Bench, night: Any, notify: Any
) -> None:
    await night.frost()
    assert notify.heard() == [OPENED, WORSE]
    bench.clock.forward(seconds=300)
    await night.report(surface=6.0, air=8.0, humidity=60.0, precipitation=0.0)
    assert notify.heard() == [OPENED, WORSE, OVER]
    (path,) = {one.path for one in notify.told.values() if one.place_id == "alte-bruecke"}
    assert (await bench.visitor().get(path)).status_code == 200


async def test_nobody_is_written_to_because_a_sensor_was_silent(
    bench: Bench, night: Any, notify: Any
) -> None:
    await night.frost()
    bench.clock.forward(seconds=1200)
    await night.report(air=0.0)
    await night.frost(1)
    assert notify.heard() == [OPENED, WORSE]


async def test_while_notify_is_away_it_is_tried_again(bench: Bench, night: Any, notify: Any) -> None:
    notify.away = True
    await night.frost(1)
    assert notify.told == {}
    assert bench.dead == []
    notify.away = False
    bench.clock.forward(seconds=3600)
    await bench.settle()
    assert notify.heard() == [OPENED]
