# SPDX-License-Identifier: EUPL-1.2
"""Spans of a Program: who is the parent of whom, what they carry, what they never carry."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from mash_sdk import journey
from mash_sdk.problems import NotFound, Unavailable
from mash_sdk.telemetry import (
    Telemetry,
    Undeclared,
    extract,
    inject,
    observed,
    step,
    trace_id,
    traceparent,
)
from mash_sdk.testing.spans import Spans, assert_edge, service_of

REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
async def forms(spans: Spans) -> AsyncIterator[Telemetry]:
    telemetry = Telemetry("forms", strict=True, exporters=[spans.exporter])
    yield telemetry
    await telemetry.close()


class Payments:
    """payments"""

    rate = 3

    async def start(self, amount: int) -> int:
        with step("ask the provider"):
            return amount * self.rate

    async def fail(self, error: Exception) -> None:
        raise error

    def label(self) -> str:
        return "p"


async def test_a_door_continues_the_callers_trace(forms: Telemetry, spans: Spans) -> None:
    with forms.door("GET /apply", {"traceparent": REMOTE}), step("render"):
        assert trace_id() == "0af7651916cd43dd8448eb211c80319c"
    assert_edge(spans, "forms:GET /apply", "render")
    assert spans.one("GET /apply").kind is SpanKind.SERVER
    parent = spans.one("GET /apply").parent
    assert parent
    assert parent.is_remote


async def test_a_trace_goes_on_through_every_carrier(forms: Telemetry, spans: Spans) -> None:
    with forms.door("one"):
        headers: dict[str, str] = {}
        inject(headers)
        stored = traceparent()
    with forms.door("http", headers):
        pass
    with forms.active(), step("relay", parent=stored):
        pass
    for child in ("http", "relay"):
        assert_edge(spans, "one", child)


async def test_what_belongs_to_several_traces_is_linked(forms: Telemetry, spans: Spans) -> None:
    with forms.active(), step("batch", links=[REMOTE, None, "nonsense"]):
        pass
    [link] = spans.one("batch").links
    assert link.context.span_id == 0xB7AD6B7169203331
    assert spans.one("batch").parent is None


async def test_programs_in_one_process_do_not_mix(forms: Telemetry, spans: Spans) -> None:
    other = Telemetry("notify", strict=True, exporters=[spans.exporter])

    async def work(telemetry: Telemetry) -> None:
        for _ in range(3):
            with telemetry.door("door"):
                await asyncio.sleep(0)
                with step(f"of {telemetry.name}"):
                    await asyncio.sleep(0)

    await asyncio.gather(work(forms), work(other))
    await other.close()
    assert {service_of(s) for s in spans.named("of forms")} == {"forms"}
    assert {service_of(s) for s in spans.named("of notify")} == {"notify"}


async def test_without_a_program_nothing_happens(spans: Spans) -> None:
    with step("alone") as span:
        assert not span.is_recording()
    assert await observed(Payments(), "payments").start(2) == 6
    assert spans.all == ()


async def test_observed_wraps_coroutines_and_leaves_the_rest(forms: Telemetry, spans: Spans) -> None:
    payments = observed(Payments(), "payments")
    with forms.door("POST /pay"):
        assert await payments.start(2) == 6
    assert (payments.label(), payments.rate) == ("p", 3)
    assert isinstance(payments, Payments)
    assert payments.start is payments.start
    assert_edge(spans, "POST /pay", "payments.start")
    assert_edge(spans, "payments.start", "ask the provider")
    with pytest.raises(AttributeError):
        payments.rate = 4
    assert b'mash_use_case="payments.start",mash_outcome="ok"' in _any_order(forms)


def _any_order(telemetry: Telemetry) -> bytes:
    text = telemetry.metrics_text()
    return text.replace(
        b'mash_outcome="ok",mash_use_case="payments.start"',
        b'mash_use_case="payments.start",mash_outcome="ok"',
    )


@pytest.mark.parametrize(
    ("error", "kind", "status", "events"),
    [
        (ValueError("Erika Mustermann"), "ValueError", StatusCode.ERROR, 1),
        (Unavailable("Erika Mustermann"), "unavailable", StatusCode.ERROR, 1),
        (NotFound("Erika Mustermann"), "not-found", StatusCode.UNSET, 0),
    ],
)
async def test_failures_are_told_by_type_and_place_only(
    forms: Telemetry, spans: Spans, error: Exception, kind: str, status: StatusCode, events: int
) -> None:
    with forms.door("door"), pytest.raises(type(error)):
        await observed(Payments(), "payments").fail(error)
    span = spans.one("payments.fail")
    assert span.attributes
    assert span.attributes["error.type"] == kind
    assert (span.status.status_code, len(span.events)) == (status, events)
    assert "Mustermann" not in span.to_json()
    assert events == 0 or "test_traces.py" in span.to_json()


async def test_a_journey_joined_deep_inside_is_seen_at_the_door(forms: Telemetry, spans: Spans) -> None:
    async def deep() -> None:
        journey.join("j-1")
        with step("after"):
            pass

    with forms.door("door") as door:
        with step("before"):
            pass
        await asyncio.create_task(deep())
        assert journey.current() == "j-1"
    assert door.journey == "j-1"
    assert journey.current() is None
    carried = {s.name: (s.attributes or {}).get("mash.journey.id") for s in spans.all}
    assert carried == {"before": None, "after": "j-1", "door": "j-1"}


async def test_undeclared_attributes_are_refused_and_never_leave(forms: Telemetry, spans: Spans) -> None:
    with (
        forms.active(),
        pytest.raises(Undeclared, match=r"mash\.name"),
        step("a", attributes={"mash.name": "E"}),
    ):
        pass
    with forms.active(), step("b") as span:
        span.set_attribute("mash.name", "Erika")
        span.add_event("seen", {"mash.mail": "e@example.org"})
    assert "rika" not in spans.one("b").to_json()
    assert "example.org" not in spans.one("b").to_json()
    assert forms.undeclared == {"mash.name", "mash.mail"}


async def test_in_production_an_undeclared_attribute_is_dropped(spans: Spans) -> None:
    telemetry = Telemetry("forms", exporters=[spans.exporter])
    with telemetry.active(), step("a", attributes={"mash.name": "E", "mash.attempt": 1}):
        pass
    await telemetry.close()
    assert dict(spans.one("a").attributes or {}) == {"mash.attempt": 1}


async def test_a_trace_store_that_is_away_costs_nothing_but_spans(caplog: Any) -> None:
    telemetry = Telemetry("forms", otlp="http://127.0.0.1:1")
    began = time.monotonic()
    for _ in range(20):
        with telemetry.door("door"):
            pass
    assert time.monotonic() - began < 0.5
    await telemetry.close()
    assert time.monotonic() - began < 6
    assert b"mash_telemetry_spans_lost_total 20.0" in telemetry.metrics_text()
    assert [r.getMessage() for r in caplog.records] == ["the trace store does not take spans"]


async def test_a_ratio_of_zero_keeps_nothing_but_what_the_caller_kept(spans: Spans) -> None:
    telemetry = Telemetry("forms", ratio=0, exporters=[spans.exporter])
    with telemetry.door("own"):
        pass
    with telemetry.door("kept", {"traceparent": REMOTE}):
        pass
    await telemetry.close()
    assert [s.name for s in spans.all] == ["kept"]


def test_a_header_that_is_no_traceparent_starts_a_trace() -> None:
    assert extract({"traceparent": "<script>"}) == {}
    assert extract(None) == {}


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_an_arrival_keeps_the_callers_decision_and_else_takes_its_share(ratio: float) -> None:
    telemetry = Telemetry("one", ratio=ratio)
    trace, parent = b"0af7651916cd43dd8448eb211c80319c", b"b7ad6b7169203331"
    kept, said = telemetry.arrival("GET", b"00-%b-%b-01" % (trace, parent))
    assert kept is not None
    assert said.split(b"-")[1] == trace
    assert kept.parent.span_id == int(parent, 16)  # type: ignore[attr-defined]
    dropped, said = telemetry.arrival("GET", b"00-%b-%b-00" % (trace, parent))
    assert (dropped, said.split(b"-")[1], said[-2:]) == (None, trace, b"00")
    for sent in (None, b"not one", b"00-%b-%b-01" % (b"0" * 32, parent)):
        span, said = telemetry.arrival("GET", sent)
        assert (span is not None) == (ratio == 1.0)
        assert said.split(b"-")[1] != trace
        assert (int(said[-2:], 16) & 1) == ratio
