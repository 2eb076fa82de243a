# SPDX-License-Identifier: EUPL-1.2
"""Mails to one person about one place, or one application, leave in the order in which they were written."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_notify.store.queue import QueueStore
from mash_sdk.testing import Bench

NOON = Timestamp(seconds=1_772_445_600)


def opened(alert: str) -> AlertOpened:
    return AlertOpened(alert_id=alert, rule="frost", thing_id="t1", observed_at=NOON, opened_at=NOON)


def resolved(alert: str) -> AlertResolved:
    return AlertResolved(alert_id=alert, rule="frost", thing_id="t1", observed_at=NOON, resolved_at=NOON)


async def subscribe(bench: Bench, *names: str) -> None:
    for name in names:
        client = bench.client(subject=name, email=f"{name}@example.org")
        assert (await client.put("/api/notify/v1/subscriptions/frost/t1")).status_code == 200


async def tried(bench: Bench) -> dict[str, tuple[str, int]]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select kind, state, attempts from messages"))
        return {row.kind: (row.state, row.attempts) for row in rows}


async def test_that_it_is_over_does_not_overtake_the_warning(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await subscribe(bench, "anna")
    sink.next("421")

    async def put_off() -> bool:
        return (await tried(bench))["alert-opened"] == ("queued", 1)

    async with sending(bench):
        await bench.deliver(opened("w1"))
        await eventually(put_off)
        await bench.deliver(resolved("w1"))
        await bench.deliver(happened("submitted", "a1"))
        await bench.deliver(happened("received", "a1"))
        await eventually(sink.received)
        assert (await tried(bench))["alert-resolved"] == ("queued", 0)
        bench.clock.forward(seconds=6)
        await eventually(lambda: len(sink.received()) == 3)
    over, warning, other = sink.received()
    assert other.subject == "Ihr Antrag HD-7K2M-9QXC ist eingegangen", "others' mails do not wait"
    assert [warning.subject, over.subject] == ["Frost: Alte Brücke", "Aufgehoben: Frost: Alte Brücke"]


async def test_what_is_on_its_way_is_waited_for(bench: Bench) -> None:
    await subscribe(bench, "anna", "berta")
    for event in (opened("w1"), resolved("w1"), opened("w2")):
        await bench.deliver(event)
    told: list[list[tuple[str, str, str]]] = []
    async with QueueStore(bench.program.database).turn() as turn:
        while parcels := await turn.claim(8):
            assert not await turn.claim(8)
            told.append(
                sorted((one.message.recipient, one.message.kind, one.message.about) for one in parcels)
            )
            for parcel in parcels:
                parcel.message.sent(bench.clock.now())
                await turn.settle(parcel)
    story = [("alert-opened", "w1"), ("alert-resolved", "w1"), ("alert-opened", "w2")]
    assert told == [[("anna", *one), ("berta", *one)] for one in story]
