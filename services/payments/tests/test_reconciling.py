# SPDX-License-Identifier: EUPL-1.2
"""What nobody comes back for is found out all the same: in every city, once, also over a killed provider."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_payments.service import Reconciler
from mash_payments.signals import WORDS
from mash_sdk.ids import new_id
from mash_sdk.migrations.migrate import migrate
from mash_sdk.testing import CSRF, Bench
from mash_simulators.started import Started

CITIES = ("heidelberg", "mannheim", "heilbronn")


async def begins(bench: Bench, tenant: str) -> tuple[str, str]:
    """A citizen of that city goes to the provider; application and page there."""
    subject, application = new_id(), new_id()
    event = ApplicationSubmitted(
        application_id=application,
        applicant_id=subject,
        reference="X-1",
        fee=Money(cents=3070, currency="EUR"),
    )
    await bench.deliver(event, tenant, journey=application)
    answer = await bench.client(tenant, subject=subject).post(f"/pay/{application}", data={"csrf": CSRF})
    assert answer.status_code == 303, answer.text
    return application, answer.headers["location"]


async def looks(bench: Bench) -> int:
    reconciler = bench.program.provides[Reconciler]
    assert isinstance(reconciler, Reconciler)
    with bench.program.telemetry.active():
        return await reconciler.once()


async def test_all_cities_at_once_and_two_instances_share(
    bench: Bench, provider_http: httpx.AsyncClient
) -> None:
    begun = [(tenant, *(await begins(bench, tenant))) for tenant in CITIES]
    for _, _, page in begun:
        await provider_http.post(page, data={"decision": "pay"})
    assert await looks(bench) == 0, "too early to look"
    bench.clock.forward(seconds=11)
    assert sum(await asyncio.gather(looks(bench), looks(bench))) == len(CITIES)
    await bench.settle()
    for tenant, application, _ in begun:
        assert [event.application_id for event in bench.announced(PaymentSettled, tenant)] == [application]
    bench.clock.forward(days=30)
    assert await looks(bench) == 0, "what is paid is not asked for again"


async def test_the_look_is_linked_to_the_payers_trace_and_carries_the_journey(
    bench: Bench, provider_http: httpx.AsyncClient
) -> None:
    application, page = await begins(bench, "heidelberg")
    await provider_http.post(page, data={"decision": "pay"})
    started = bench.spans.one("checkout.start")
    bench.clock.forward(seconds=11)
    await looks(bench)
    await bench.settle()
    look = bench.spans.one("payments.reconcile")
    assert started.context is not None
    assert [link.context.trace_id for link in look.links] == [started.context.trace_id]
    assert (look.attributes or {})["mash.journey.id"] == application
    assert [envelope.journey for envelope in bench.envelopes(PaymentSettled)] == [application]
    assert WORDS.exposed in bench.program.telemetry.metrics_text().decode()


async def test_the_search_goes_on_until_it_is_told_to_stop(
    bench: Bench, provider_http: httpx.AsyncClient
) -> None:
    _, page = await begins(bench, "heidelberg")
    await provider_http.post(page, data={"decision": "pay"})
    pauses: list[float] = []

    class Running:
        async def pause(self, seconds: float) -> bool:
            pauses.append(seconds)
            bench.clock.forward(seconds=11)
            return len(pauses) == 3

    run = bench.program.runs[0]
    with bench.program.telemetry.active():
        await run(cast("Any", Running()))
    await bench.settle()
    assert len(bench.announced(PaymentSettled)) == 1
    assert pauses == [5.0, 5.0, 5.0]


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
async def test_a_provider_that_was_away_is_asked_again(
    bench_of: Callable[..., Awaitable[Bench]], tmp_path: Path, *, kill: bool
) -> None:
    arguments = ["--data", str(tmp_path / "journal")]
    with Started("xbezahldienste", "--listen", "127.0.0.1:0", *arguments) as first:
        bench = await bench_of(
            "mash_payments",
            xbezahldienste_url=first.origin,
            xbezahldienste_client_id="mash",
            xbezahldienste_client_secret="mash-demo",
            return_secret="0123456789abcdef0123456789abcdef",
        )
        application, page = await begins(bench, "heidelberg")
        async with httpx.AsyncClient() as payer:
            await payer.post(page, data={"decision": "pay"})
        if kill:
            first.kill()
        else:
            first.stop()
    bench.clock.forward(seconds=11)
    assert await looks(bench) == 1
    await bench.settle()
    assert bench.announced(PaymentSettled) == []
    listen = first.origin.removeprefix("http://")
    with Started("xbezahldienste", "--listen", listen, *arguments):
        bench.clock.forward(seconds=61)
        await looks(bench)
    await bench.settle()
    assert [event.application_id for event in bench.announced(PaymentSettled)] == [application]


@pytest.mark.parametrize("kind", ["error", "forget"])
async def test_the_longer_nothing_comes_the_less_often_it_is_asked(
    bench: Bench, provider_http: httpx.AsyncClient, kind: str
) -> None:
    await begins(bench, "heidelberg")
    fault = {"kind": kind, "on": "status", "times": 1000}
    (await provider_http.post("/_sim/faults", json=fault)).raise_for_status()
    bench.clock.forward(hours=2)
    assert await looks(bench) == 1
    bench.clock.forward(seconds=61)
    assert await looks(bench) == 0
    asked = 1
    for _ in range(24 * 60):
        bench.clock.forward(minutes=1)
        asked += await looks(bench)
    assert 3 <= asked <= 10


async def test_the_migration_can_be_taken_back_and_made_again(bench: Bench) -> None:
    settings = bench.program.settings
    await migrate("mash_payments", settings, "base")
    await migrate("mash_payments", settings)
    await begins(bench, "heidelberg")
