# SPDX-License-Identifier: EUPL-1.2
"""Handled once, in order, and never lost: what the consumer door promises."""

from collections import deque
from typing import Any

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationReceived, ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.sensors.v1.events_pb2 import ThingRegistered
from mash_sdk.events import envelope_of, topic_of
from mash_sdk.kafka import Outgoing
from mash_sdk.kafka.parking import Parking
from mash_sdk.problems import Unavailable, Unreadable


async def test_delivered_twice_is_done_once(probe: Any) -> None:
    envelope = await probe.bench.deliver(ApplicationSubmitted(application_id="a", form="1"), journey="j")
    await probe.bench.deliver_again(envelope)

    assert await probe.handled() == ["1"]
    assert len(probe.bench.announced(ThingRegistered)) == 1
    (sent,) = probe.bench.envelopes(ThingRegistered)
    assert (sent.tenant, sent.key, sent.journey) == ("heidelberg", "a", "j")


async def test_a_failing_event_holds_back_its_key_and_no_other(probe: Any) -> None:
    probe.script.fails["1"] = deque([Unavailable("no answer"), ValueError("again")])
    await probe.submit("a", "1", "2", "3")
    await probe.submit("b", "4")
    assert await probe.handled() == ["4"]

    await probe.wait(seconds=9)
    assert await probe.handled() == ["4"]
    await probe.wait(seconds=1)
    assert await probe.handled() == ["4"], "the second try fails too"
    await probe.wait(seconds=29)
    assert await probe.handled() == ["4"], "the second pause is three times as long"
    await probe.wait(seconds=1)

    assert await probe.handled("a") == ["1", "2", "3"]
    await probe.submit("a", "5")
    assert await probe.handled("a") == ["1", "2", "3", "5"]
    assert probe.bench.dead == []


async def test_the_same_key_on_another_topic_goes_on(probe: Any) -> None:
    probe.script.fails["1"] = deque([Unavailable("no answer")])
    await probe.submit("a", "1")
    await probe.bench.deliver(PaymentSettled(application_id="a", payment_id="p"))

    assert await probe.handled() == ["paid"]


async def test_a_dead_event_keeps_its_line_until_it_is_replayed(probe: Any) -> None:
    probe.script.fails["1"] = deque([ValueError("Frau Muster")] * 4)
    await probe.submit("a", "1", "2")
    for _ in range(5):
        await probe.wait(hours=1)

    assert await probe.handled() == []
    (letter,) = probe.bench.dead
    headers = {name: value.decode() for name, value in letter.headers}
    assert headers["mash-attempts"] == "4"
    assert headers["mash-topic"] == topic_of(ApplicationSubmitted)
    assert headers["ce_type"] == "mash.forms.v1.ApplicationSubmitted"
    assert headers["mash-reason"].startswith("ValueError at script.py")
    assert "Muster" not in headers["mash-reason"], "a message may quote personal data"
    await probe.submit("a", "3")
    assert await probe.handled() == []

    parking = Parking(probe.bench.program.database, "probe")
    assert await parking.replay("another key") == 0
    assert await parking.replay("a") == 1
    await probe.bench.settle()
    assert await probe.handled() == ["1", "2", "3"]
    assert await parking.all() == []


async def test_what_was_parked_is_delivered_again_without_a_second_effect(probe: Any) -> None:
    probe.script.fails["1"] = deque([Unavailable("no answer")])
    envelope = await probe.bench.deliver(ApplicationSubmitted(application_id="a", form="1"))
    await probe.bench.deliver_again(envelope)
    assert len(await Parking(probe.bench.program.database, "probe").all()) == 1

    await probe.wait(minutes=1)
    await probe.bench.deliver_again(envelope)
    assert await probe.handled() == ["1"]


async def test_a_handler_that_calls_an_event_unreadable_ends_it_at_once(probe: Any) -> None:
    probe.script.fails["1"] = deque([Unreadable("no such form")])
    await probe.submit("a", "1", "2")

    assert await probe.handled() == ["2"]
    assert probe.bench.dead_reasons == ["unreadable: no such form"]


async def test_garbage_and_unknown_versions_are_dead_at_once_with_the_reason(probe: Any) -> None:
    bench, topic = probe.bench, topic_of(ApplicationSubmitted)
    good = envelope_of(
        ApplicationSubmitted(application_id="a"), event_id="e", tenant="heidelberg", time=bench.clock.now()
    )
    headers = dict(good.headers())
    for value, changes in (
        (b"\xff\xff\xff", {}),
        (None, {}),
        (good.value, {"ce_type": b"mash.forms.v2.ApplicationSubmitted"}),
        (good.value, {"ce_type": b"mash.payments.v1.PaymentSettled"}),
        (good.value, {"ce_tenant": b""}),
    ):
        sent = Outgoing(topic, b"a", value, list((headers | changes).items()))
        await bench.broker.send([sent])
        await bench.settle()
        await probe.submit(str(value) + str(changes), "fine")

    assert bench.dead_reasons == [
        "unreadable: the value is no mash.forms.v1.ApplicationSubmitted",
        "unreadable: the record has no value",
        f"unreadable: mash.forms.v2.ApplicationSubmitted is another version of {good.type}",
        f"unreadable: mash.payments.v1.PaymentSettled does not belong on {topic}",
        "unreadable: header ce_tenant is missing",
    ]
    assert await probe.handled() == ["fine"] * 5
    metrics = bench.program.telemetry.metrics_text().decode()
    assert 'mash_event_dead_total{error_type="unreadable",mash_event_type="unknown"} ' in metrics


async def test_other_facts_of_a_topic_are_skipped_and_counted(probe: Any) -> None:
    await probe.bench.deliver(ApplicationReceived(application_id="a"))

    assert await probe.handled() == []
    assert probe.bench.dead == []
    metrics = probe.bench.program.telemetry.metrics_text().decode()
    assert 'mash_event_skipped_total{mash_event_type="mash.forms.v1.ApplicationReceived"} 1.0' in metrics


async def test_too_many_failures_in_a_row_stop_the_consumer_and_success_lets_it_go_on(probe: Any) -> None:
    probe.script.always = ValueError("a bad deploy")
    for n in range(30):
        await probe.submit(f"k{n}", str(n), settle=False)
    await probe.bench.settle()

    gate = probe.bench.steps.delivery.gate
    assert "5 × mash.forms.v1.ApplicationSubmitted in a row failed: ValueError" in gate.reason
    parked = await Parking(probe.bench.program.database, "probe").all()
    assert len(parked) == 4, "the fifth in a row is neither parked nor dead"
    behind = probe.bench.broker.behind("probe", topic_of(ApplicationSubmitted))
    assert behind == 26, "and no offset moved past it"

    before = len(probe.script.attempts)
    await probe.wait(seconds=15)
    assert len(probe.script.attempts) == before + 1, "one event knocks"
    await probe.wait(seconds=29)
    assert len(probe.script.attempts) == before + 1, "and the next knock takes twice as long"

    probe.script.always = None
    await probe.wait(minutes=2)
    assert gate.reason is None
    assert sorted(await probe.handled(), key=int) == [str(n) for n in range(30)]
    assert probe.bench.dead == []


async def test_successes_between_failures_keep_the_consumer_going(probe: Any) -> None:
    for n in range(12):
        probe.script.fails[f"bad {n}"] = deque([ValueError()])
        await probe.submit(f"k{n}", f"bad {n}")
        await probe.submit(f"l{n}", "good")

    assert probe.bench.steps.delivery.gate.reason is None
    await probe.wait(minutes=1)
    assert len(await probe.handled()) == 24


async def test_a_question_is_asked_before_the_unit_and_its_answer_handed_on(probe: Any) -> None:
    await probe.bench.deliver(ApplicationDecided(application_id="a", applicant_id="s"), "mannheim")

    assert await probe.handled() == ["s of mannheim"]
    assert probe.script.asked == ["a"]


async def test_the_handling_continues_the_trace_and_journey_of_its_cause(probe: Any) -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    event = ApplicationSubmitted(application_id="a", form="1")
    envelope = envelope_of(
        event,
        event_id="e",
        tenant="heidelberg",
        time=probe.bench.clock.now(),
        journey="the journey",
        traceparent=f"00-{trace}-{span}-01",
    )
    await probe.bench.deliver_again(envelope)

    handling = probe.bench.spans.one("process ApplicationSubmitted")
    assert format(handling.context.trace_id, "032x") == trace
    assert format(handling.parent.span_id, "016x") == span
    assert handling.attributes["mash.journey.id"] == "the journey"
    (caused,) = probe.bench.envelopes(ThingRegistered)
    assert caused.journey == "the journey"
    assert caused.traceparent.startswith(f"00-{trace}-{format(handling.context.span_id, '016x')}")
