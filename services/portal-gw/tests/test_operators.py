# SPDX-License-Identifier: EUPL-1.2
"""What operators see: health, modules, traces by journey, the demo's mail."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from mash_portal_gw.gateways.traces import read
from mash_portal_gw.model.trace import Span, Trace
from mash_portal_gw.views import bars_of, milliseconds
from mash_sdk.announcing import TOPIC
from mash_sdk.kafka.broker import Outgoing, Topic
from mash_sdk.running import Running
from mash_sdk.testing.patience import until

Front = Any
ROUTES = [{"path": "/services", "kind": "page"}]


def _span(name: str, parent: str, process: str, began: int, took: int, **tags: object) -> dict[str, object]:
    return {
        "spanID": name,
        "operationName": {"a": "POST /apply", "b": "submit", "c": "open payment"}.get(name, "lost"),
        "processID": process,
        "startTime": 1_000_000 + began,
        "duration": took,
        "references": [{"refType": "CHILD_OF", "spanID": parent}] if parent else [],
        "tags": [{"key": key.replace("_", "."), "value": value} for key, value in tags.items()],
    }


SPANS = [
    _span("c", "b", "p2", 200, 300, error=True),
    _span("a", "", "p1", 0, 1000, mash_journey_id="0190-1"),
    _span("b", "a", "p1", 100, 800),
    _span("d", "gone", "p9", 900, 50),
]
TRACE = {"traceID": "a" * 32, "spans": SPANS,
         "processes": {"p1": {"serviceName": "forms"}, "p2": {"serviceName": "payments"}}}  # fmt: skip


class Told:
    """A server that answers paths with JSON."""

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, scope: dict[str, Any], _: Any, send: Any) -> None:
        self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        found = self.answers.get(scope["path"])
        body = json.dumps(found).encode()
        headers = [(b"content-type", b"application/json")]
        status = 404 if found is None else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def test_a_step_names_the_traces_it_goes_back_to() -> None:
    back = {"refType": "FOLLOWS_FROM", "traceID": "b" * 32, "spanID": "x"}
    (span,) = read({**TRACE, "spans": [{**_span("a", "", "p1", 0, 1), "references": [back]}]}).spans
    assert (span.links, span.depth) == (["b" * 32], 0)


def test_a_trace_is_a_tree_whatever_order_it_comes_in() -> None:
    trace = read(TRACE)
    assert [(span.id, span.depth) for span in trace.spans] == [("a", 0), ("b", 1), ("c", 2), ("d", 0)]
    assert (trace.name, trace.took, trace.failed, trace.journeys) == (
        "forms: POST /apply",
        1000,
        True,
        ["0190-1"],
    )
    assert trace.services == ["?", "forms", "payments"]


def test_a_trace_in_a_circle_does_not_hang() -> None:
    one = {"spanID": "x", "references": [{"refType": "CHILD_OF", "spanID": "x"}]}
    assert [span.id for span in read({"traceID": "b" * 32, "spans": [one]}).spans] == ["x"]


def test_bars_lie_in_the_picture_and_their_names_beside_them() -> None:
    spans = [Span(str(n), "", "s", "n", n * 100, 50, failed=False, tags={}) for n in range(10)]
    bars = bars_of(Trace("a" * 32, spans))
    assert all(bar.x >= 0 and bar.x + bar.width <= 1002 for bar in bars)
    assert (bars[0].text_end, bars[-1].text_end) == (False, True)
    assert (milliseconds(1234), milliseconds(2_500_000)) == ("1,2\u00a0ms", "2,50\u00a0s")


async def test_a_journey_is_found_and_drawn(front_of: Any, serve: Any) -> None:
    store = Told({"/api/services": {"data": ["forms"]}, "/api/traces": {"data": [TRACE]},
                  f"/api/traces/{'a' * 32}": {"data": [TRACE]}})  # fmt: skip
    front = await front_of(traces=await serve(store))
    async with front.browser() as browser:
        await front.login(browser, "/ops/", roles=("operator",))
        found = await browser.get("/ops/traces?id=0190-1")
        drawn = await browser.get(f"/ops/traces?id={'a' * 32}")
        newest = await browser.get("/ops/traces")
        none = await browser.get(f"/ops/traces/{'b' * 32}")
        wrong = await browser.get("/ops/traces/x")
    assert "Reise 0190-1" in found.text
    assert any("0190-1" in asked and "service=forms" in asked for asked in store.asked)
    assert f'href="/ops/traces/{"a" * 32}"' in found.text
    assert drawn.text.count("<rect") == 4
    assert "style=" not in drawn.text
    assert newest.status_code == 200
    assert (none.status_code, wrong.status_code) == (404, 404)


async def test_the_demos_mail_can_be_read(front_of: Any, serve: Any) -> None:
    line = {"id": "m1", "sent_at": "2026-03-02T09:00:00+00:00", "from": "a@x.example", "to": ["b@x.example"],
            "subject": "Ihr <Bescheid>"}  # fmt: skip
    front = await front_of(
        mail_sink=await serve(Told({"/messages": [line], "/messages/m1": {**line, "text": "Guten Tag"}}))
    )
    async with front.browser() as browser:
        await front.login(browser, "/ops/", roles=("operator",))
        listed = await browser.get("/ops/mail")
        letter = await browser.get("/ops/mail/m1")
        none = await browser.get("/ops/mail/m2")
    assert "Ihr &lt;Bescheid&gt;" in listed.text
    assert "02.03.2026, 10:00 Uhr" in listed.text
    assert "Guten Tag" in letter.text
    assert none.status_code == 404


async def test_the_overview_names_what_is_missing(front: Front, serve: Any) -> None:
    sick = await serve(Told({"/readyz": {"checks": {"postgres": "antwortet nicht"}}}))
    front.announce("forms", ROUTES, sick, "http://127.0.0.1:1")
    front.routes.learn(b"evil/1", b"rubbish")
    async with front.browser() as browser:
        await front.login(browser, "/ops/", roles=("operator",))
        overview = await browser.get("/ops/")
        modules = await browser.get("/ops/modules")
        mail = await browser.get("/ops/mail")
        post = await browser.post("/ops/", headers={"sec-fetch-site": "same-origin"})
    assert "postgres: antwortet nicht" in overview.text
    assert "1 Ankündigung wurde nicht angenommen" in overview.text
    assert "the record is no SignedAnnouncement" in modules.text
    assert (mail.status_code, post.status_code) == (404, 405)


async def test_why_an_announcement_was_refused_is_counted_and_shown(front: Front) -> None:
    """Ten megabytes, and a clock that is a year ahead; what was right before goes on."""
    good = front.announce("forms", ROUTES, "http://127.0.0.1:1")
    large = good.model_copy(update={"title": "x" * 10_000_000})
    later = front.bench.clock.now() + timedelta(days=365)
    broker = front.bench.broker
    await broker.ensure([Topic(TOPIC, partitions=1)])
    for record in (
        front.record(large, "http://127.0.0.1:2", "large"),
        front.record(good, "http://127.0.0.1:3", "ahead", at=later),
    ):
        await broker.send([Outgoing(TOPIC, *record)])
    running = Running(front.bench.program, broker, asyncio.Event())

    async def counted() -> bool:
        metrics = front.bench.program.telemetry.metrics_text().decode()
        return "mash_gateway_announcements_rejected_total 2.0" in metrics

    with front.bench.program.telemetry.active():
        following = asyncio.create_task(front.bench.program.runs[0](running))
        await until(counted, "both are refused", within=20)
        running.stop.set()
        await following
    async with front.browser() as browser:
        await front.login(browser, "/ops/", roles=("operator",))
        modules = await browser.get("/ops/modules")
    assert "more than 262144" in modules.text
    assert "it claims to come from the future" in modules.text
    (_, live), *_ = front.routes.modules()
    assert [instance.origin.port for instance in live] == [1]
