# SPDX-License-Identifier: EUPL-1.2
"""From what devices send to warnings: opened, changed, unknown and resolved, once, in the uplink's trace."""

import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from google.protobuf.message import Message
from sqlalchemy import text

from mash.winter.v1.events_pb2 import IceWarningChanged, IceWarningOpened, IceWarningResolved
from mash_sdk.problems import Unavailable
from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until
from mash_winter.service.upkeep import Retention, Upkeep

API = "/api/winter/v1"
E = TypeVar("E", bound=Message)


async def look(bench: Bench, *, settle: bool = True) -> None:
    """What the module does by itself now and then."""
    upkeep = bench.program.provides[Upkeep]
    assert isinstance(upkeep, Upkeep)
    with bench.program.telemetry.active():
        await upkeep.look()
    if settle:
        await bench.settle()


def told(bench: Bench, event: type[E]) -> list[E]:
    """What was announced of the bridge."""
    return [one for one in bench.announced(event) if getattr(one, "segment_id", "") == "alte-bruecke"]


async def segment(bench: Bench, name: str = "alte-bruecke") -> Any:
    found = (await bench.visitor().get(f"{API}/segments")).json()["features"]
    return next(one["properties"] for one in found if one["id"] == name)


async def test_frost_opens_a_warning_that_grows_and_ends(bench: Bench, night: Any) -> None:
    await night.frost(1)
    (opened,) = told(bench, IceWarningOpened)
    assert (opened.segment_id, opened.level, opened.hazard) == ("alte-bruecke", "possible", "frost")
    await night.frost(3)
    (changed,) = told(bench, IceWarningChanged)
    assert (changed.warning_id, changed.level) == (opened.warning_id, "warning")
    assert (await segment(bench))["level"] == "warning"

    bench.clock.forward(seconds=300)
    await night.report(surface=0.3, air=4.0, humidity=95.0, precipitation=0.0)
    assert told(bench, IceWarningResolved) == [], "within the hysteresis it stays"
    bench.clock.forward(seconds=300)
    await night.report(surface=3.0, air=4.0, humidity=95.0, precipitation=0.0)
    (resolved,) = told(bench, IceWarningResolved)
    assert resolved.warning_id == opened.warning_id
    assert (await segment(bench))["level"] == "none"
    assert bench.dead == []


async def test_a_road_is_judged_by_sensors_around_but_never_warned_of(bench: Bench, night: Any) -> None:
    await night.frost()
    assert (await segment(bench, "steingasse"))["level"] == "possible"
    assert "nicht auf diesem Abschnitt" in (await segment(bench, "steingasse"))["reason"]
    assert (await segment(bench, "theodor-heuss-bruecke"))["level"] == "unknown", "a bridge speaks for itself"


async def test_twice_delivered_is_once_decided(bench: Bench, night: Any) -> None:
    batch = await night.report(surface=-2.0, air=0.0, humidity=95.0, precipitation=0.0)
    before = await bench.effects()
    await bench.receive(batch)
    assert await bench.effects() == before


async def test_a_sensor_that_falls_silent_is_no_all_clear(bench: Bench, night: Any) -> None:
    await night.frost()
    bench.clock.forward(seconds=1200)
    assert (await segment(bench))["level"] == "unknown", "nobody decided again, but it is not shown as now"
    await look(bench)
    changed = told(bench, IceWarningChanged)
    assert [one.level for one in changed] == ["warning", "unknown"]
    assert changed[-1].hazard == "frost"
    assert "veraltet" in (await segment(bench))["reason"]
    warnings = (await bench.visitor().get(f"{API}/warnings")).json()["items"]
    assert {one["level"] for one in warnings} == {"unknown"}

    before = await bench.effects()
    await look(bench)
    assert await bench.effects() == before, "unknown stays unknown until somebody reports"
    await night.report(surface=-2.0, air=0.0, humidity=95.0, precipitation=0.0)
    changed = told(bench, IceWarningChanged)
    assert changed[-1].level == "warning", "the warning goes on where it was"


async def test_what_cannot_be_is_a_fault_of_the_sensor(bench: Bench, night: Any) -> None:
    await night.report(surface=-120.0, air=0.0, humidity=95.0, precipitation=0.0)
    assert (await segment(bench))["level"] == "unknown"
    assert "unglaubhaft" in (await segment(bench))["reason"]
    assert bench.announced(IceWarningOpened) == []


async def test_clocks_that_are_ahead_are_not_believed(bench: Bench, night: Any) -> None:
    batch = night.batch(surface=-2.0, air=0.0, humidity=95.0, precipitation=0.0)
    for one in batch.observations:
        one.phenomenon_time.FromDatetime(bench.clock.now() + timedelta(hours=1))
    await bench.receive(batch)
    assert (await segment(bench))["level"] == "unknown"
    assert "noch nicht war" in (await segment(bench))["reason"]


@pytest.mark.parametrize("seconds", [-62_135_596_800, 253_402_300_799])
async def test_times_that_are_none_bury_nothing(bench: Bench, night: Any, seconds: int) -> None:
    batch = night.batch(surface=-2.0)
    batch.observations[0].phenomenon_time.seconds = seconds
    batch.observations.add(id="x", datastream_id=batch.observations[0].datastream_id, text="kalt")
    batch.observations.add(id="y", datastream_id="strange", number=1.0)
    await bench.receive(batch)
    assert bench.dead == []
    assert (await segment(bench))["decided_at"] is None


async def test_a_warning_goes_on_in_the_trace_of_who_reported(bench: Bench, night: Any) -> None:
    await night.frost(1)
    envelope = next(one for one in bench.envelopes(IceWarningOpened) if one.key == "alte-bruecke")
    (opened,) = told(bench, IceWarningOpened)
    assert envelope.journey == opened.warning_id
    assert envelope.traceparent


async def test_another_city_hears_nothing_of_it(bench: Bench, night: Any) -> None:
    await night.frost()
    assert (await bench.visitor("mannheim").get(f"{API}/warnings")).json()["items"] == []
    (opened,) = told(bench, IceWarningOpened)
    answer = await bench.visitor("mannheim").get(f"{API}/warnings/{opened.warning_id}")
    assert answer.status_code == 404


async def test_before_sensors_has_answered_readings_wait(
    night_in: Callable[..., Awaitable[Any]], sensors: Any
) -> None:
    """They are not lost, and nothing is decided without knowing who spoke."""
    sensors.away = True
    night = await night_in()
    with pytest.raises(Unavailable):
        await night.report(surface=-2.0, air=0.0, humidity=95.0, precipitation=0.0)
    await look(night.bench, settle=False)
    assert night.bench.dead == []
    sensors.away = False
    assert await night.known()
    await night.bench.settle()
    assert "alte-bruecke" in [one.segment_id for one in night.bench.announced(IceWarningOpened)]


async def test_a_segment_that_is_taken_from_the_network_is_warned_of_no_longer(
    night_in: Callable[..., Awaitable[Any]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    cities = tmp_path / "cities"
    shutil.copytree(pytestconfig.rootpath / "cities", cities)
    night = await night_in(cities=cities)
    bench: Bench = night.bench
    assert await night.known()
    await night.frost(1)
    file = cities / "heidelberg/modules/winter/network.geojson"
    network = json.loads(file.read_text(encoding="utf-8"))
    network["features"] = [one for one in network["features"] if one["id"] != "alte-bruecke"]
    file.write_text(json.dumps(network), encoding="utf-8")

    async def resolved() -> list[str]:
        await look(bench)
        return [one.segment_id for one in bench.announced(IceWarningResolved)]

    assert await until(resolved, "nobody warns of it") == ["alte-bruecke"]


async def test_what_was_kept_long_enough_is_deleted(bench: Bench, night: Any) -> None:
    await night.frost(1)
    bench.clock.forward(seconds=300)
    await night.report(surface=8.0, air=9.0, humidity=50.0, precipitation=0.0)
    (resolved,) = told(bench, IceWarningResolved)
    retention = bench.program.provides[Retention]
    assert isinstance(retention, Retention)
    for days, left in ((13, 8), (2, 0)):
        bench.clock.forward(seconds=days * 86_400)
        await retention.expire()
        async with bench.program.database.worker_unit() as unit:
            assert await unit.connection.scalar(text("select count(*) from readings")) == left
    report = (await bench.visitor().get(f"{API}/warnings/{resolved.warning_id}/replay")).json()
    assert report["identical"], "a decision stands on what it was kept with"
    assert len(report["decisions"][0]["missing"]) == 4
    bench.clock.forward(seconds=730 * 86_400)
    await retention.expire()
    assert (await bench.visitor().get(f"{API}/warnings/{resolved.warning_id}")).status_code == 404
