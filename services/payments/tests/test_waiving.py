# SPDX-License-Identifier: EUPL-1.2
"""An application is taken back before its fee is paid: nothing is due, and money that comes goes back."""

from typing import Any

from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationWithdrawn
from mash_sdk.testing import Bench


async def books(bench: Bench) -> dict[str, int]:
    async with bench.program.database.unit("heidelberg") as unit:
        found = await unit.connection.execute(
            text("select account, sum(cents)::bigint from entries group by account having sum(cents) <> 0")
        )
        return {str(account): int(cents) for account, cents in found}


async def withdrawn(payer: Any, *, waived: bool = True) -> None:
    await payer.bench.deliver(ApplicationWithdrawn(application_id=payer.application, fee_waived=waived))


async def test_a_waived_fee_is_not_due_and_cannot_be_paid(bench: Bench, payer: Any) -> None:
    for _ in range(2):
        await withdrawn(payer)
    assert (await payer.payment())["state"] == "WAIVED"
    assert await books(bench) == {}
    page = await payer.page()
    assert "Es ist nichts zu bezahlen" in page.text
    assert 'name="method"' not in page.text
    assert (await payer.clicks()).status_code == 409
    assert (await payer.payment())["attempts"] == []


async def test_money_that_comes_after_all_goes_back(bench: Bench, payer: Any) -> None:
    page = await payer.goes()
    await withdrawn(payer)
    await payer.comes_back(await payer.decides(page))
    await bench.settle()
    assert payer.settled() == []
    payment = await payer.payment()
    assert (payment["state"], payment["attempts"][0]["refund"]) == ("WAIVED", "waived")
    assert await books(bench) == {"provider:xbezahldienste": 12000, "clearing": -12000}
    assert "zur Erstattung vorgemerkt" in (await payer.page()).text


async def test_money_that_came_a_moment_before_goes_back_too(bench: Bench, payer: Any) -> None:
    """forms had not heard of it when the application was taken back."""
    await payer.comes_back(await payer.decides(await payer.goes()))
    await withdrawn(payer)
    payment = await payer.payment()
    assert (payment["state"], payment["attempts"][0]["refund"]) == ("SETTLED", "waived")
    assert await books(bench) == {"provider:xbezahldienste": 12000, "clearing": -12000}


async def test_a_fee_that_was_paid_stays_paid(bench: Bench, payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    await withdrawn(payer, waived=False)
    assert (await payer.payment())["attempts"][0]["refund"] is None
    assert await books(bench) == {"provider:xbezahldienste": 12000, "revenue": -12000}
