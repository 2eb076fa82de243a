# SPDX-License-Identifier: EUPL-1.2
"""Who saw or changed others' payments: a line for each, chained; refused looks at somebody else's, too."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mash_payments.store import AuditStore
from mash_sdk.audit import Sealing, verified
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench


async def lines(bench: Bench) -> list[tuple[str, str, str | None]]:
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select action, actor, payment_id from audit order by id"))
        return [(action, actor, payment) for action, actor, payment in found]


@pytest.fixture
def till(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="theo", roles=("treasurer",))


async def test_somebody_elses_payment_is_not_there_and_leaves_a_line(
    bench: Bench, payer: Any, payer_of: Callable[..., Awaitable[Any]]
) -> None:
    other = await payer_of()
    payment = (await other.payment())["id"]
    api = f"/api/payments/v1/payments/{payment}"
    mine = bench.client(subject=payer.subject)
    asked = [
        await mine.get(api),
        await mine.post(f"{api}/attempts"),
        await mine.get(f"/pay/{other.application}"),
        await mine.get(f"/pay/{other.application}/receipt"),
    ]
    absent = [
        await mine.get(f"/api/payments/v1/payments/{new_id()}"),
        await mine.post(f"/api/payments/v1/payments/{new_id()}/attempts"),
        await mine.get(f"/pay/{new_id()}"),
        await mine.get(f"/pay/{new_id()}/receipt"),
    ]
    assert [answer.status_code for answer in (*asked, *absent)] == [404] * 8
    for theirs, nobodys in zip(asked, absent, strict=True):
        if theirs.headers["content-type"] == "application/problem+json":
            for key in ("type", "title", "detail"):
                assert theirs.json()[key] == nobodys.json()[key]
    # One line for each look, though a page looks several times; none for what is not there.
    assert await lines(bench) == [("refused", payer.subject, payment)] * 4
    assert (await other.payment())["attempts"] == []


async def test_ones_own_leaves_no_line(bench: Bench, payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    assert (await payer.browser.get(f"/pay/{payer.application}/receipt")).status_code == 200
    assert await lines(bench) == []


async def test_a_treasurers_looks_and_changes_are_on_record(
    bench: Bench, payer: Any, till: httpx.AsyncClient
) -> None:
    await payer.clicks(method="platform")
    await payer.comes_back(await payer.decides(await payer.goes()))
    payment = await payer.payment()
    desk = f"/desk/payments/{payment['id']}"
    for path in ("/desk/payments", desk, "/desk/payments/settlement", "/desk/payments/settlement.csv"):
        assert (await till.get(path)).status_code == 200
    refund = {"csrf": CSRF, "refund_id": new_id(), "attempt_id": payment["attempts"][0]["id"]}
    assert (
        await till.post(
            f"{desk}/refunds", data={**refund, "amount": "500", "reason": "x", "confirmed": "yes"}
        )
    ).status_code == 422
    assert (
        await till.post(f"{desk}/refunds", data={**refund, "amount": "5", "reason": "x", "confirmed": "yes"})
    ).status_code == 303
    assert await lines(bench) == [
        ("searched", "theo", None),
        ("read", "theo", payment["id"]),
        ("settlement-read", "theo", None),
        ("settlement-read", "theo", None),
        # What was refused is shown again.
        ("read", "theo", payment["id"]),
        ("refund-requested", "theo", payment["id"]),
    ]


async def test_the_trail_is_a_chain_that_nobody_changes(bench: Bench, till: httpx.AsyncClient) -> None:
    for _ in range(3):
        await till.get("/desk/payments")
    sealing = bench.program.provides[Sealing]
    assert isinstance(sealing, Sealing)
    assert await sealing.once() == 3
    verdict = await verified(AuditStore(), bench.program.database, "heidelberg")
    assert (verdict.head.number, verdict.open, verdict.broken) == (3, 0, None)
    for statement in ("update audit set actor = 'x'", "delete from audit"):
        with pytest.raises(DBAPIError):
            async with bench.program.database.worker_unit("heidelberg") as unit:
                await unit.connection.execute(text(statement))
    verdict = await verified(AuditStore(), bench.program.database, "mannheim")
    assert (verdict.head.number, verdict.open) == (0, 0)
