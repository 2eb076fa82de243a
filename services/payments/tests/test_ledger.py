# SPDX-License-Identifier: EUPL-1.2
"""The ledger: PostgreSQL refuses what does not add up and every change; what happens is booked, once."""

from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mash_payments.model import Booking, Entry, Money, ledger
from mash_payments.service import CashDesk
from mash_sdk.testing import Bench

# At a statement by SQLAlchemy, at the commit by the driver.
REFUSED = (DBAPIError, asyncpg.PostgresError)


async def books(bench: Bench, tenant: str = "heidelberg") -> dict[str, int]:
    """Every account's balance."""
    async with bench.program.database.unit(tenant) as unit:
        rows = await unit.connection.execute(
            text("select account, sum(cents) from entries group by account order by account")
        )
        return {account: int(cents) for account, cents in rows if cents}


async def write(bench: Bench, cents: list[int]) -> None:
    """A booking past our own code."""
    async with bench.program.database.unit("heidelberg") as unit:
        booking = "insert into bookings (id, source, kind, currency, booked_at)"
        await unit.connection.execute(text(f"{booking} values ('b', 's', 'due', 'EUR', now())"))
        for line, amount in enumerate(cents):
            entry = (
                "insert into entries (booking_id, line, account, cents) values ('b', :line, 'bank', :cents)"
            )
            await unit.connection.execute(text(entry), {"line": line, "cents": amount})


async def run(bench: Bench, role: str, statement: str) -> None:
    """A statement in a unit of the service's own role, or of the worker's."""
    database = bench.program.database
    async with database.unit("heidelberg") if role == "own" else database.worker_unit() as unit:
        await unit.connection.execute(text(statement))


@pytest.mark.parametrize(
    "cents",
    [[100], [100, -99], [100, 100], [50, 50, -101], []],
)
async def test_what_does_not_add_up_is_refused_by_the_database(bench: Bench, cents: list[int]) -> None:
    with pytest.raises(REFUSED, match=r"add up|no entries"):
        await write(bench, cents)
    assert await books(bench) == {}


@pytest.mark.parametrize(
    "change",
    [
        "update entries set cents = cents + 1",
        "update bookings set kind = 'paid'",
        "delete from entries",
        "delete from bookings",
    ],
)
@pytest.mark.parametrize("role", ["own", "worker"])
async def test_nothing_in_it_is_changed_or_taken_out(
    bench: Bench, payer: Any, change: str, role: str
) -> None:
    del payer
    with pytest.raises(REFUSED, match=r"only added to|permission denied"):
        await run(bench, role, change)
    assert await books(bench) == {"receivable": 12000, "revenue": -12000}


async def test_a_fee_from_due_to_paid(bench: Bench, payer: Any) -> None:
    assert await books(bench) == {"receivable": 12000, "revenue": -12000}
    await payer.comes_back(await payer.decides(await payer.goes()))
    assert await books(bench) == {"provider:xbezahldienste": 12000, "revenue": -12000}
    await payer.comes_back(f"/pay-return/{(await payer.payment())['attempts'][0]['id']}?sig=x")
    assert await books(bench) == {"provider:xbezahldienste": 12000, "revenue": -12000}


async def test_another_amount_is_kept_apart_and_the_fee_stays_due(bench: Bench, payer: Any) -> None:
    page = await payer.goes()
    await payer.shows(page, grosAmount=120.01)
    await payer.comes_back(await payer.decides(page))
    assert await books(bench) == {
        "clearing": -12001,
        "provider:xbezahldienste": 12001,
        "receivable": 12000,
        "revenue": -12000,
    }


async def test_cities_books_are_apart(bench: Bench, payer: Any) -> None:
    del payer
    assert await books(bench, "mannheim") == {}
    desk = bench.program.provides[CashDesk]
    async with bench.program.database.unit("mannheim") as unit:
        assert not await desk.search("", "theo", unit, limit=10, after=None)  # type: ignore[attr-defined]


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_a_booking_that_does_not_add_up_cannot_be_made(one: int, other: int) -> None:
    entries = (Entry("bank", one), Entry("revenue", other))
    if one + other == 0 and one:
        Booking("s", "due", "EUR", entries)
    else:
        with pytest.raises(ValueError, match="add up"):
            Booking("s", "due", "EUR", entries)


@given(st.integers(1, 10**12), st.sampled_from(ledger.ACCOUNTS), st.sampled_from(ledger.ACCOUNTS))
def test_every_move_adds_up(cents: int, debit: str, credit: str) -> None:
    made = ledger.move("s", "due", Money(cents), debit=debit, credit=credit)
    assert sum(entry.cents for entry in made.entries) == 0
