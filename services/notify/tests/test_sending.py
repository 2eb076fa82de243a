# SPDX-License-Identifier: EUPL-1.2
"""From an event to a mail: once, whatever comes twice, fails or hangs up."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import MessageWritten
from mash.notify.v1.events_pb2 import MessageDeliveryUnknown, MessageRefused, MessageSent
from mash_notify.gateways.forms import REACH, WORD
from mash_notify.gateways.senders import senders_of
from mash_notify.gateways.smtp import SmtpChannel
from mash_notify.service import sender as sending_rules
from mash_notify.service.sender import Sender
from mash_notify.store.queue import QueueStore
from mash_sdk.testing import Bench
from mash_sdk.testing.spans import assert_edge

ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"
CITIES = Path(__file__).parents[3] / "cities"


async def states(bench: Bench) -> list[tuple[str, str]]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select kind, state from messages order by id"))
        return [(row.kind, row.state) for row in rows]


async def test_an_application_is_confirmed_and_its_decision_announced(
    bench: Bench, sink: Any, forms: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    async with sending(bench):
        await bench.deliver(happened("submitted", "a1"))
        await bench.deliver(happened("received", "a1"))
        await eventually(lambda: len(sink.received()) == 1)
        await bench.deliver(happened("issued", "a1"))
        await eventually(lambda: len(sink.received()) == 2)
    decision, received = sink.received()
    assert received.subject == "Ihr Antrag HD-7K2M-9QXC ist eingegangen"
    assert decision.subject == "Es gibt eine Entscheidung zu Ihrem Antrag HD-7K2M-9QXC"
    assert decision.recipients == ["anna@example.org"]
    assert "http://localhost:8000/heidelberg/account/applications/a1" in decision.text
    assert await states(bench) == [("received", "sent"), ("decision", "sent")]
    assert forms.asked == [
        ("GetApplicant", "a1", REACH),
        ("GetNotice", "a1", WORD),
        ("GetNotice", "a1", WORD),
    ]
    await bench.settle()
    assert [event.about for event in bench.announced(MessageSent)] == ["a1", "a1"]


async def test_an_event_that_comes_twice_sends_one_mail(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    first = await bench.deliver(happened("received", "a1"))
    async with sending(bench):
        await bench.deliver_again(first)
        await bench.deliver(happened("received", "a1"))  # told anew, as another fact
        assert not bench.steps.delivery.held, "the second fact must be no failure"
        await eventually(sink.received)
        await asyncio.sleep(0.3)
    assert len(sink.received()) == 1
    await bench.settle()
    assert len(bench.announced(MessageSent)) == 1


async def test_each_message_of_the_office_is_told_once_and_never_what_it_says(
    bench: Bench, sink: Any, forms: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    async with sending(bench):
        for message, asks in (("m1", True), ("m2", False), ("m2", False), ("m3", True)):
            await bench.deliver(
                MessageWritten(
                    application_id="a1", applicant_id="anna", message_id=message, action_required=asks
                )
            )
        await eventually(lambda: len(sink.received()) == 3)
    assert [mail.subject for mail in reversed(sink.received())] == [
        "Frage zu Ihrem Antrag HD-7K2M-9QXC",
        "Nachricht zu Ihrem Antrag HD-7K2M-9QXC",
        "Frage zu Ihrem Antrag HD-7K2M-9QXC",
    ]


async def test_the_mail_leaves_as_soon_as_it_is_queued(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_rules, "LOOK_AGAIN", 3600)  # only the bell can wake it
    async with sending(bench):
        await asyncio.sleep(0.3)
        await bench.deliver(happened("submitted", "a1"))
        await bench.deliver(happened("received", "a1"))
        await eventually(sink.received)


async def test_the_words_go_once_they_are_sent(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))
    async with sending(bench):
        await eventually(sink.received)
    async with bench.unit() as unit:
        row = (await unit.connection.execute(text("select subject, text, html from messages"))).one()
    assert tuple(row) == (None, None, None)


BROKEN = {
    "no TOML": b"[email",
    "not UTF-8": '[email]\naddress = "a@b.example"\nname = "Münster"\n'.encode("latin-1"),
    "no table": b'email = "a@b.example"\n',
    "nothing": b"",
    "wrong type": b'[email]\naddress = 1\nname = "M"\n',
    "missing value": b'[email]\nname = "M"\n',
    "no address": b'[email]\naddress = "M"\nname = "M"\n',
    "missing": None,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
async def test_a_citys_broken_file_holds_up_its_own_mails_only(
    content: bytes | None,
    bench_of: Callable[..., Awaitable[Bench]],
    sink: Any,
    environment: dict[str, Any],
    happened: Any,
    sending: Any,
    eventually: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cities = tmp_path / "cities"
    shutil.copytree(CITIES, cities)
    file = cities / "mannheim" / "notify.toml"
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    bench = await bench_of("mash_notify", cities=cities, **environment)
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "mannheim" in said
    assert str(file) in said

    async def tried() -> bool:
        async with bench.unit("mannheim") as unit:
            rows = await unit.connection.execute(text("select state, attempts from messages"))
            return [tuple(row) for row in rows] == [("queued", 1)]

    for tenant in ("mannheim", "heidelberg"):
        await bench.deliver(happened("submitted", "a1"), tenant)
        await bench.deliver(happened("received", "a1"), tenant)
    async with sending(bench):
        await eventually(sink.received)
        await eventually(tried)
    assert len(sink.received()) == 1

    file.write_bytes(whole)
    program = bench.program
    mended = SmtpChannel(program.settings, senders_of(program.tenants))
    bench.clock.forward(minutes=1)
    async with sending(bench, Sender(QueueStore(program.database), mended, bench.clock)):
        await eventually(lambda: len(sink.received()) == 2)


async def test_refused_is_refused(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    sink.next("550")
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))

    async def refused() -> bool:
        return await states(bench) == [("received", "refused")]

    async with sending(bench):
        await eventually(refused)
    await bench.settle()
    assert [event.about for event in bench.announced(MessageRefused)] == ["a1"]
    assert sink.received() == []


async def test_later_means_again_after_a_growing_pause(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    sink.next("421", "421")
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))

    async def due() -> tuple[int, float]:
        async with bench.unit() as unit:
            row = (await unit.connection.execute(text("select * from messages"))).one()
        return row.attempts if row.state == "queued" else 0, (row.due_at - bench.clock.now()).total_seconds()

    async def tried(times: int) -> bool:
        return (await due())[0] == times

    async with sending(bench):
        await eventually(lambda: tried(1))
        assert (await due())[1] == 5
        bench.clock.forward(seconds=4)
        await asyncio.sleep(1.2)
        assert (await due())[0] == 1, "it was tried before its pause was over"
        bench.clock.forward(seconds=1)
        await eventually(lambda: tried(2))
        assert (await due())[1] == 15
        bench.clock.forward(seconds=15)
        await eventually(sink.received)
    assert await states(bench) == [("received", "sent")]
    first, second, third = bench.spans.named("notify.deliver")
    assert [span.attributes["mash.notify.state"] for span in (first, second, third)] == [
        "queued",
        "queued",
        "sent",
    ]
    assert third.parent is None
    assert first.context.trace_id != third.context.trace_id
    assert third.links[0].context.trace_id == first.context.trace_id


async def test_a_hang_up_after_the_words_is_unknown_and_not_repeated(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    sink.next("hangup-after-data")
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))

    async def unknown() -> bool:
        return await states(bench) == [("received", "unknown")]

    async with sending(bench):
        await eventually(unknown)
        bench.clock.forward(days=5)
        await asyncio.sleep(1.3)
    async with sending(bench):
        await asyncio.sleep(0.5)
    assert len(sink.received()) == 1
    assert await unknown()
    await bench.settle()
    assert [event.about for event in bench.announced(MessageDeliveryUnknown)] == ["a1"]
    assert bench.announced(MessageSent) == []


async def test_how_long_the_oldest_due_message_waits_is_told(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    def told() -> str:
        lines = bench.program.telemetry.metrics_text().decode().splitlines()
        return next(line for line in lines if line.startswith("mash_notify_oldest_due_seconds "))

    class Running:
        """Two looks, and meanwhile 90 seconds."""

        stop = asyncio.Event()

        async def pause(self, _: float) -> None:
            seen.append(told())
            if len(seen) == 2:
                self.stop.set()
            bench.clock.forward(seconds=90)

    async def looks() -> None:
        with bench.program.telemetry.active():
            await bench.program.runs[2](Running())

    seen: list[str] = []
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"), tenant="heidelberg")
    await looks()
    assert seen == ["mash_notify_oldest_due_seconds 0.0", "mash_notify_oldest_due_seconds 90.0"]
    async with sending(bench):
        await eventually(sink.received)
    seen.clear()
    Running.stop.clear()
    await looks()
    assert seen == ["mash_notify_oldest_due_seconds 0.0"] * 2


async def test_nobody_to_write_to_is_no_failure(bench: Bench, sink: Any, forms: Any, happened: Any) -> None:
    forms.email = ""
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))
    assert await states(bench) == []
    assert bench.dead == []
    assert 'mash_notify_messages_skipped_total{mash_notify_kind="received"} 1.0' in (
        bench.program.telemetry.metrics_text().decode()
    )


async def test_taking_an_application_back_is_confirmed_by_mail_once(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    taken_back = await bench.deliver(happened("withdrawn", "a1"))
    await bench.deliver_again(taken_back)
    async with sending(bench):
        await eventually(sink.received)
    [mail] = sink.received()
    assert "zurückgezogen" in mail.subject
    assert "HD-7K2M-9QXC" in mail.text
    assert "Bürgeramt" in mail.text


async def test_without_an_address_that_is_theirs_the_mailbox_has_it_and_no_mail_leaves(
    bench: Bench, forms: Any, happened: Any
) -> None:
    forms.email = ""
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))
    assert await states(bench) == []
    anna = bench.client(subject="5d1a3c1e-0000-4000-8000-00000000a22a")
    [entry] = (await anna.get("/api/notify/v1/mailbox")).json()["items"]
    assert entry["kind"] == "received"


async def test_the_smtp_call_is_in_the_trace_of_the_event_and_its_journey(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"), journey="a1")
    async with sending(bench):
        await bench.deliver(happened("received", "a1"), journey="a1")
        await eventually(lambda: bench.spans.named("notify.deliver"))
    deliver, smtp = bench.spans.one("notify.deliver"), bench.spans.one("smtp")
    assert_edge(bench.spans, "notify.deliver", "smtp")
    handled = [span for span in bench.spans.all if span.context.span_id == deliver.parent.span_id]
    assert [span.name for span in handled] == ["notify.write"]
    assert deliver.attributes["mash.journey.id"] == "a1"
    assert smtp.attributes["mash.journey.id"] == "a1"
    await bench.settle()
    [sent] = bench.envelopes(MessageSent)
    assert sent.journey == "a1"
    assert format(deliver.context.trace_id, "032x") in sent.traceparent


async def test_spans_and_events_hold_nothing_personal(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))
    async with sending(bench):
        await eventually(lambda: bench.spans.named("notify.deliver"))
    await bench.settle()
    traced = " ".join(span.to_json() for span in bench.spans.all)
    said = b" ".join(record.value for record in bench.broker.records("mash.notify.events.v1"))
    for personal in ("anna@example.org", "Anna", "Beispiel"):
        assert personal not in traced
        assert personal.encode() not in said
