# SPDX-License-Identifier: EUPL-1.2
"""Nobody pays: a reminder, another with some days more, and an end. Heidelberg gives 30, 7 and 14 days."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationWithdrawn
from mash.payments.v1.events_pb2 import PaymentExpired, PaymentReminded
from mash_payments.gateways.city_files import read
from mash_payments.model import Deadlines, Terms
from mash_payments.service import Reconciler
from mash_sdk.tenants import TenantError
from mash_sdk.testing import Bench

CITIES = Path(__file__).parents[3] / "cities"
DUE, END = "2026-04-01T22:00:00Z", "2026-04-15T22:00:00Z"


def happened(bench: Bench) -> list[str]:
    """What was told, in its order."""
    told = [
        (event.reminded_at.seconds, "overdue" if event.overdue else "reminded")
        for event in bench.announced(PaymentReminded)
    ]
    told += [(event.expired_at.seconds, "expired") for event in bench.announced(PaymentExpired)]
    return [what for _, what in sorted(told)]


async def books(bench: Bench) -> dict[str, int]:
    async with bench.program.database.unit("heidelberg") as unit:
        found = await unit.connection.execute(
            text("select account, sum(cents)::bigint from entries group by account having sum(cents) <> 0")
        )
        return {str(account): int(cents) for account, cents in found}


async def test_a_payer_is_reminded_told_that_it_is_overdue_and_then_it_ends(bench: Bench, payer: Any) -> None:
    payment = await payer.payment()
    assert (payment["due_at"], payment["ends_at"]) == (DUE, END)
    page = (await payer.page()).text
    assert "Zu bezahlen bis" in page
    assert "01.04.2026" in page
    assert "überfällig" not in page

    await payer.reconciled(days=23)  # 25 March, its last hours of working time
    assert happened(bench) == []
    for _ in range(3):
        await payer.reconciled(hours=14)
    assert happened(bench) == ["reminded"]
    await payer.reconciled(days=5, hours=18)  # 1 April, 23 o'clock in Heidelberg
    assert happened(bench) == ["reminded"]
    for _ in range(3):
        await payer.reconciled(hours=1)
    assert happened(bench) == ["reminded", "overdue"]
    page = (await payer.page()).text
    assert "Die Gebühr ist überfällig" in page
    assert "noch bis zum 15.04.2026 bezahlen" in page
    assert "Weiter zum Bezahldienst" in page

    await payer.reconciled(days=14)
    await payer.reconciled(hours=1)
    assert happened(bench) == ["reminded", "overdue", "expired"]
    assert (await payer.payment())["state"] == "EXPIRED"
    assert await books(bench) == {}
    page = (await payer.page()).text
    assert "Die Frist zum Bezahlen ist vorbei" in page
    assert 'name="method"' not in page
    refused = await payer.clicks()
    assert refused.status_code == 409
    assert "Die Frist zum Bezahlen ist vorbei" in refused.text

    # forms takes the application back: nothing is waived a second time.
    await bench.deliver(ApplicationWithdrawn(application_id=payer.application, fee_waived=True, unpaid=True))
    assert (await payer.payment())["state"] == "EXPIRED"
    assert await books(bench) == {}


async def test_who_has_paid_hears_nothing_more(bench: Bench, payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    for _ in range(6):
        await payer.reconciled(days=10)
    assert happened(bench) == []
    assert (await payer.payment())["state"] == "SETTLED"


async def test_an_overdue_fee_can_still_be_paid(bench: Bench, payer: Any) -> None:
    for days in (25, 10):
        await payer.reconciled(days=days)
    assert happened(bench) == ["reminded", "overdue"]
    await payer.comes_back(await payer.decides(await payer.goes()))
    await payer.reconciled(days=30)
    assert (await payer.payment())["state"] == "SETTLED"
    assert len(payer.settled()) == 1
    assert bench.announced(PaymentExpired) == []


async def test_nothing_ends_while_somebody_pays(bench: Bench, payer: Any) -> None:
    for days in (25, 10):
        await payer.reconciled(days=days)
    bench.clock.forward(days=10, minutes=(13 * 60) - 5)  # 15 April, five minutes before midnight
    page = await payer.goes()
    for _ in range(3):
        await payer.reconciled(minutes=7)
    assert bench.announced(PaymentExpired) == []
    await payer.comes_back(await payer.decides(page))
    await payer.reconciled(days=2)
    assert (await payer.payment())["state"] == "SETTLED"


async def test_a_payment_that_was_left_open_ends_and_late_money_goes_back(bench: Bench, payer: Any) -> None:
    page = await payer.goes()
    for _ in range(6):
        await payer.reconciled(days=10)
    assert happened(bench) == ["reminded", "overdue", "expired"]
    await payer.decides(page)
    for _ in range(2):
        await payer.reconciled(days=2)
    payment = await payer.payment()
    assert (payment["state"], payment["attempts"][0]["refund"]) == ("EXPIRED", "expired")
    assert payer.settled() == []
    assert await books(bench) == {"provider:xbezahldienste": 12000, "clearing": -12000}
    assert "Die Frist zum Bezahlen war vorbei" in (await payer.page()).text


async def test_after_a_long_outage_nobody_loses_days(bench: Bench, payer: Any) -> None:
    await payer.reconciled(days=200)
    assert happened(bench) == ["overdue"]
    for _ in range(3):
        await payer.reconciled(days=4)
    assert (await payer.payment())["state"] == "OPEN"
    await payer.reconciled(days=3)
    assert happened(bench) == ["overdue", "expired"]


async def test_several_who_look_take_a_step_once(bench: Bench, payer: Any) -> None:
    assert (await payer.payment())["state"] == "OPEN"
    reconciler = bench.program.provides[Reconciler]
    assert isinstance(reconciler, Reconciler)
    bench.clock.forward(days=24)
    with bench.program.telemetry.active():
        await asyncio.gather(*(reconciler.once() for _ in range(5)))
    await bench.settle()
    assert happened(bench) == ["reminded"]


async def test_a_city_without_deadlines_has_none(
    payments_of: Callable[..., Awaitable[Bench]],
    payer_of: Callable[..., Awaitable[Any]],
    tmp_path: Path,
) -> None:
    shutil.copytree(CITIES, tmp_path / "cities")
    file = tmp_path / "cities/heidelberg/payments.toml"
    file.write_text(file.read_text().partition("[deadlines]")[0])
    payer = await payer_of(at=await payments_of(cities=tmp_path / "cities"))
    await payer.reconciled(days=999)
    assert happened(payer.bench) == []
    payment = await payer.payment()
    assert (payment["state"], payment["due_at"], payment["ends_at"]) == ("OPEN", None, None)
    assert "Zu bezahlen bis" not in (await payer.page()).text


@given(
    days=st.integers(2, 365),
    before=st.integers(1, 364),
    grace=st.integers(1, 365),
    pauses=st.lists(st.integers(0, 400 * 24), max_size=12),
)
def test_each_step_comes_once_in_order_and_leaves_the_days_there_are(
    days: int, before: int, grace: int, pauses: list[int]
) -> None:
    terms = Terms(days, min(before, days - 1), grace, "Europe/Berlin")
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    deadlines = Deadlines.of(terms, now)
    taken: list[tuple[str, datetime]] = []
    for pause in [*pauses, 400 * 24, 400 * 24, 400 * 24]:
        now += timedelta(hours=pause)
        while (step := deadlines.step(now)) and step != "expire":
            taken.append((step, now))
        if step == "expire":
            taken.append((step, now))
            break
    names = [step for step, _ in taken]
    assert names in (["remind", "overdue", "expire"], ["overdue", "expire"])
    at = dict(taken)
    assert at["overdue"] >= deadlines.due_at
    # Two hours: what is that late is not late, and summer time may have begun in between.
    assert at["expire"] - at["overdue"] >= timedelta(days=grace) - timedelta(hours=2)


@pytest.mark.parametrize(("days", "before"), [(1, 1), (5, 5)])
def test_deadlines_that_cannot_be_kept_are_refused(tmp_path: Path, days: int, before: int) -> None:
    file = tmp_path / "payments.toml"
    file.write_text(
        f"[xbezahldienste]\noriginator_id = 'a'\nendpoint_id = 'b'\n[deadlines]\n"
        f"days = {days}\nremind_before = {before}\ngrace = 1\n"
    )
    with pytest.raises(TenantError, match="deadlines"):
        read(file)
