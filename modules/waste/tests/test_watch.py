# SPDX-License-Identifier: EUPL-1.2
"""From readings to what people read of a bin, and what is announced of it."""

from typing import Any

from mash.waste.v1.events_pb2 import BinEmptied, BinFilled

WEEK = (10.0, 14.0, 18.0, 22.0, 26.0)


async def test_readings_become_a_level_and_a_forecast(town: Any) -> None:
    assert (await town.seen())["level"] == "unknown"
    await town.report("Papier Bergheim", *WEEK)
    seen = await town.seen()
    assert (seen["level"], seen["percent"]) == ("free", 22)
    assert seen["full_likely"] is not None
    page = (await town.bench.visitor().get("/waste")).text
    # 68 points at 2 an hour.
    assert "Voll in etwa 34 Stunden" in page
    # A share of one is the same as per cent; another unit says nothing.
    await town.report("Papier Hauptbahnhof", 0.75)
    assert (await town.seen("papier-hauptbahnhof"))["level"] == "nearly"
    await town.report("Papier Bismarckplatz", 1.0)
    assert (await town.seen("papier-bismarckplatz"))["percent"] is None


async def test_what_is_not_live_any_more_is_not_known(town: Any) -> None:
    await town.report("Papier Bergheim", 95.0)
    assert (await town.seen())["level"] == "full"
    town.bench.clock.forward(hours=13)
    assert (await town.seen())["level"] == "unknown"
    assert "zuletzt gemessen 95" in (await town.bench.visitor().get("/waste")).text


async def test_full_and_emptied_are_announced_once(town: Any) -> None:
    await town.report("Papier Bergheim", 85.0, 91.0, 92.0, 93.0, 89.0, 92.0)
    (filled,) = await town.told(BinFilled)
    assert filled.bin_id == "papier-bergheim"
    town.bench.clock.forward(hours=2)
    await town.report("Papier Bergheim", 5.0)
    assert await town.told(BinEmptied) == []
    town.bench.clock.forward(hours=2)
    await town.report("Papier Bergheim", 6.0)
    town.bench.clock.forward(hours=2)
    await town.report("Papier Bergheim", 7.0)
    (emptied,) = await town.told(BinEmptied)
    assert (emptied.bin_id, emptied.vehicle) == ("papier-bergheim", "")
    seen = await town.seen()
    assert (seen["level"], seen["percent"]) == ("free", 6)
    # The same again, and one that comes late.
    await town.bench.receive(town.batch("Papier Bergheim", 92.0, hours=9))
    assert len(await town.told(BinEmptied)) == 1
    # Filled anew, it is news again.
    town.bench.clock.forward(hours=8)
    await town.report("Papier Bergheim", 95.0, 96.0, 97.0)
    assert len(await town.told(BinFilled)) == 2


async def test_what_sensors_say_of_one_city_says_nothing_of_another(town: Any) -> None:
    await town.bench.receive(town.batch("Papier Bergheim", 95.0), tenant="mannheim")
    assert (await town.seen())["level"] == "unknown"
    assert (await town.bench.visitor("mannheim").get("/api/waste/v1/bins")).json()["items"] == []


async def test_the_edge_has_what_the_api_answers(town: Any) -> None:
    await town.report("Papier Bergheim", 95.0)
    await town.bench.publish("heidelberg")
    published = town.bench.public()
    assert any("papier-bergheim" in str(one) for one in published.values())
