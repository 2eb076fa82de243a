# SPDX-License-Identifier: EUPL-1.2
"""What is personal goes when its time is over, and not before."""

from typing import Any

from sqlalchemy import text

from mash_notify.service.retention import Retention
from mash_sdk.testing import Bench


async def kept(bench: Bench) -> tuple[int, int]:
    async with bench.program.database.worker_unit() as unit:
        contacts = await unit.connection.scalar(text("select count(*) from contact_points"))
        messages = await unit.connection.scalar(text("select count(*) from messages"))
    return contacts or 0, messages or 0


async def retire(bench: Bench) -> None:
    run: Any = bench.program.runs[1]
    retention: Retention = run.__self__
    await retention.retire()


async def test_contact_points_and_records_have_an_end(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("submitted", "a1"), tenant="mannheim")
    await bench.deliver(happened("received", "a1"))
    async with sending(bench):
        await eventually(sink.received)
    bench.clock.forward(days=364)
    await retire(bench)
    assert await kept(bench) == (2, 1)
    bench.clock.forward(days=2)
    await retire(bench)
    assert await kept(bench) == (0, 1)
    bench.clock.forward(days=365)
    await retire(bench)
    assert await kept(bench) == (0, 0)


async def test_whoever_is_still_to_be_written_to_is_kept(bench: Bench, happened: Any) -> None:
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))
    bench.clock.forward(days=1000)
    await retire(bench)
    assert await kept(bench) == (1, 1)
