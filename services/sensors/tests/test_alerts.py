# SPDX-License-Identifier: EUPL-1.2
"""A reading crosses a threshold: one alert, announced in the trace of the message that crossed it."""

import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import text

from mash.sensors.v1.alerts_pb2 import GetAlertRequest, ListSubjectsRequest
from mash.sensors.v1.alerts_pb2_grpc import AlertServiceStub
from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_sdk.database import Unit
from mash_sdk.testing import Bench
from mash_sensors.model.rule import Alert
from mash_sensors.service.alerts import AlertService
from mash_sensors.store.alerts import AlertStore

ROOT = Path(__file__).parents[3]
ALERTS = "/api/sensors/v1/alerts"


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    """The cities as data, to be changed."""
    shutil.copytree(ROOT / "cities", tmp_path / "cities")
    return tmp_path / "cities"


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path) -> Bench:
    return await bench_of("mash_sensors", cities=cities)


async def readings(sender: Any, *values: float) -> None:
    """One message a minute, each at rest before the next."""
    for value in values:
        sender.bench.clock.forward(minutes=1)
        assert (await sender.send({"surface": value})).status_code == 202
        await sender.bench.settle()


async def shown(bench: Bench, tenant: str = "heidelberg") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await bench.visitor(tenant).get(ALERTS)).json()["items"]
    return found


async def test_an_alert_opens_once_and_is_resolved_behind_the_hysteresis(bench: Bench, sender: Any) -> None:
    await readings(sender, 2.0)
    assert await shown(bench) == []
    await readings(sender, -0.5, -1.0, 0.3, -0.2, 0.4)
    [opened] = bench.announced(AlertOpened)
    assert opened.rule == "frost"
    assert opened.thing_id == sender.about["thing_id"]
    assert opened.datastream_id == sender.datastream("surface")
    [alert] = await shown(bench)
    assert alert["id"] == opened.alert_id
    assert (alert["title"], alert["place"]) == ("Frost auf der Fahrbahn", "Alte Brücke")
    assert (alert["value"], alert["unit"]) == (-0.5, "Cel")
    assert bench.announced(AlertResolved) == []
    await readings(sender, 0.5)
    [resolved] = bench.announced(AlertResolved)
    assert resolved.alert_id == opened.alert_id
    assert await shown(bench) == []
    await readings(sender, -0.1)
    assert len({one.alert_id for one in bench.announced(AlertOpened)}) == 2


async def test_readings_of_one_batch_are_looked_at_in_their_order(bench: Bench, sender: Any) -> None:
    now = bench.clock.now()
    for minute, value in ((3, 5.0), (1, 3.0), (2, -1.0)):
        await sender.send({"surface": value}, at=now + timedelta(minutes=minute - 4))
    await bench.settle()
    assert len(bench.announced(AlertOpened)) == 1
    assert len(bench.announced(AlertResolved)) == 1
    assert await shown(bench) == []


@pytest.mark.parametrize("off", [timedelta(days=365), timedelta(minutes=-31), timedelta(days=-30)])
async def test_a_reading_that_says_nothing_of_now_opens_nothing(
    bench: Bench, sender: Any, off: timedelta
) -> None:
    await sender.send({"surface": -10.0}, at=bench.clock.now() + off)
    assert await sender.results() == [-10.0]
    assert bench.announced(AlertOpened) == []


async def test_what_was_valid_when_it_came_and_is_stale_when_it_is_read_opens_nothing(
    bench: Bench, sender: Any
) -> None:
    await sender.send({"surface": -10.0})
    bench.clock.forward(minutes=31)  # nobody consumed meanwhile
    assert await sender.results() == [-10.0]
    assert bench.announced(AlertOpened) == []


async def test_an_older_reading_that_comes_later_changes_nothing(bench: Bench, sender: Any) -> None:
    await readings(sender, -1.0)
    older = bench.clock.now() - timedelta(minutes=5)
    await sender.send({"surface": 9.0}, at=older)
    await bench.settle()
    assert len(await shown(bench)) == 1
    await sender.send({"surface": 9.0}, at=bench.clock.now())  # for the time of a reading that is there
    await bench.settle()
    assert len(await shown(bench)) == 1


async def test_the_same_message_again_opens_nothing_again(bench: Bench, sender: Any) -> None:
    body = sender.uplink({"surface": -1.0})
    for _ in range(3):
        await sender.post(body)
        await bench.settle()
    assert len(bench.announced(AlertOpened)) == 1


async def test_its_cascade_goes_on_in_the_trace_of_the_uplink(bench: Bench, sender: Any) -> None:
    await sender.send({"surface": 5.0})
    await sender.send({"surface": -1.0}, at=bench.clock.now() + timedelta(seconds=1))
    await bench.settle()
    posts = bench.spans.named("POST /api/sensors/v1/uplinks/ttn")
    [crossing] = [span for span in bench.spans.all if span.name == "alerts.open"]
    assert crossing.context.trace_id == posts[1].context.trace_id
    [envelope] = bench.envelopes(AlertOpened)
    [opened] = bench.announced(AlertOpened)
    assert envelope.journey == opened.alert_id == crossing.attributes["mash.journey.id"]
    trace, span = envelope.traceparent.split("-")[1:3]
    assert trace == format(crossing.context.trace_id, "032x")
    assert span == format(crossing.context.span_id, "016x")
    batch = bench.spans.one("process ObservationBatch")
    assert {link.context.trace_id for link in batch.links} == {post.context.trace_id for post in posts}


async def test_tenants_have_rules_and_alerts_of_their_own(
    bench: Bench, cities: Path, register: Callable[..., Awaitable[Any]]
) -> None:
    (cities / "mannheim/rules/frost.toml").unlink()
    here, there = await register(), await register(tenant="mannheim")
    await here.send({"surface": -1.0})
    await there.send({"surface": -1.0})
    await bench.settle()
    assert [len(bench.announced(AlertOpened, tenant)) for tenant in ("heidelberg", "mannheim")] == [1, 0]
    assert len(await shown(bench)) == 1
    assert await shown(bench, "mannheim") == []


async def test_a_rule_that_is_taken_away_ends_its_alerts_without_a_word(
    bench: Bench, cities: Path, sender: Any
) -> None:
    await readings(sender, -1.0)
    (cities / "heidelberg/rules/frost.toml").unlink()
    bench.program.provides[AlertService]._rules._look_again = 0
    await readings(sender, -2.0)
    assert await shown(bench) == []
    assert bench.announced(AlertResolved) == []


async def test_a_rule_that_cannot_be_read_after_a_start_takes_no_alert_back_and_warns_nobody_twice(
    bench: Bench, cities: Path, sender: Any
) -> None:
    await readings(sender, -1.0)
    file = cities / "heidelberg/rules/frost.toml"
    good = file.read_text(encoding="utf-8")
    file.write_text("title = 3", encoding="utf-8")
    rules = bench.program.provides[AlertService]._rules
    rules._look_again = 0
    rules._loaded.clear()  # what a start begins with
    await readings(sender, -2.0)
    assert len(await shown(bench)) == 1
    file.write_text(good, encoding="utf-8")
    await readings(sender, -3.0)
    assert len(bench.announced(AlertOpened)) == 1
    await readings(sender, 2.0)
    assert len(bench.announced(AlertResolved)) == 1


async def test_what_the_watch_fails_at_is_recorded_and_other_cities_are_warned(
    bench: Bench, register: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    add = AlertStore.add

    async def broken(self: AlertStore, unit: Unit, alert: Alert) -> bool:
        if alert.tenant == "heidelberg":
            await unit.connection.execute(text("select 1 / 0"))
        return await add(self, unit, alert)

    monkeypatch.setattr(AlertStore, "add", broken)
    here, there = await register(), await register(tenant="mannheim")
    for sender in (there, here):
        await sender.send({"surface": -1.0})
    await bench.settle()
    assert await here.results() == await there.results() == [-1.0]
    assert [len(await shown(bench, tenant)) for tenant in ("heidelberg", "mannheim")] == [0, 1]
    assert [len(bench.announced(AlertOpened, tenant)) for tenant in ("heidelberg", "mannheim")] == [0, 1]
    metrics = bench.program.telemetry.metrics_text().decode()
    assert "mash_sensors_watch_failed_total 1" in metrics
    monkeypatch.undo()
    await readings(here, -1.0)
    assert len(await shown(bench)) == 1


async def test_an_alert_that_another_opened_or_resolved_meanwhile_is_announced_once(
    bench: Bench, sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readings(sender, -1.0)
    [opened] = bench.announced(AlertOpened)
    seen: list[list[Alert]] = [[]]
    look = AlertStore.open_of

    async def earlier(self: AlertStore, unit: Unit, ids: Sequence[str]) -> Sequence[Alert]:
        """What another saw before this one was stored, or resolved."""
        return seen.pop() if seen else await look(self, unit, ids)

    monkeypatch.setattr(AlertStore, "open_of", earlier)
    now = bench.clock.now()
    for seconds, value in ((1, -2.0), (2, 2.0)):
        await sender.send({"surface": value}, at=now + timedelta(seconds=seconds))
    await bench.settle()
    assert len(bench.announced(AlertOpened)) == 1
    assert [one.alert_id for one in bench.announced(AlertResolved)] == [opened.alert_id]
    assert await shown(bench) == []
    async with bench.program.database.unit("heidelberg") as unit:
        stale = await AlertStore().get(unit, opened.alert_id)
    assert stale is not None
    seen.append([stale])
    await readings(sender, 3.0)
    assert seen == []
    assert len(bench.announced(AlertResolved)) == 1


async def test_what_notify_may_ask(bench: Bench, sender: Any) -> None:
    subjects = await bench.rpc(AlertServiceStub, "ListSubjects", ListSubjectsRequest(), caller="notify")
    [subject] = subjects.subjects
    assert (subject.rule, [place.name for place in subject.places]) == ("frost", ["Alte Brücke"])
    await readings(sender, -0.5, 1.25)
    [opened] = bench.announced(AlertOpened)
    request = GetAlertRequest(alert_id=opened.alert_id)
    alert = await bench.rpc(AlertServiceStub, "GetAlert", request, caller="notify")
    assert alert.place == "Alte Brücke"
    assert alert.reading == "−0,5\u00a0°C"
    assert alert.last_reading == "1,25\u00a0°C"
    assert alert.path == f"/sensors/{sender.about['thing_id']}"
    for caller, tenant in (("forms", "heidelberg"), ("notify", "mannheim")):
        with pytest.raises(grpc.aio.AioRpcError):
            await bench.rpc(AlertServiceStub, "GetAlert", request, caller=caller, tenant=tenant)


async def test_where_nothing_is_observed_nothing_can_be_subscribed_to(bench: Bench) -> None:
    subjects = await bench.rpc(AlertServiceStub, "ListSubjects", ListSubjectsRequest(), caller="notify")
    assert list(subjects.subjects) == []
