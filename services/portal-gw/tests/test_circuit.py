# SPDX-License-Identifier: EUPL-1.2
"""An instance that does not answer is left alone: quickly refused, tried again now and then, others go on."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_portal_gw.model.circuit import LONGEST, Circuit, Rule

Front = Any
URL = "/heidelberg/api/forms/v1/x"
ROUTE = {"path": "/api/forms/v1", "kind": "api"}
NOBODY = "http://127.0.0.1:1"
RULE = Rule(failures=3, seconds=4)


class Hands:
    """A steady clock that somebody moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    for module in ("forward", "door", "lane", "outcomes", "upgrade"):
        monkeypatch.setattr(f"mash_portal_gw.edge.{module}.time", hands)
    return hands


def metric(front: Front, name: str) -> float:
    text = front.bench.program.telemetry.metrics_text().decode()
    found = re.search(rf'^{name}{{mash_module="forms"}} (\S+)', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_it_opens_after_failures_in_a_row_and_lets_one_in_when_due() -> None:
    circuit = Circuit()
    assert [circuit.bad(0, RULE) for _ in range(2)] == [False, False]
    circuit.good()
    assert [circuit.bad(0, RULE) for _ in range(3)] == [False, False, True]
    assert [circuit.enter(1), circuit.wait(1)] == [False, 3]
    assert [circuit.enter(4), circuit.enter(4)] == [True, False]
    assert not circuit.bad(5, RULE)
    assert [circuit.wait(5), circuit.enter(12.9), circuit.enter(13)] == [8, False, True]
    circuit.good()
    assert [circuit.enter(13), circuit.is_open, circuit.rank(13)] == [True, False, 0]


def test_what_was_under_way_when_it_opened_does_not_prolong_it() -> None:
    circuit = Circuit()
    for _ in range(50):
        circuit.bad(0, RULE)
    assert circuit.wait(0) == 4


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["enter", "good", "bad"]), st.floats(0, 100)), max_size=200))
def test_whatever_happens_it_is_tried_again_within_a_minute(steps: list[tuple[str, float]]) -> None:
    circuit, now = Circuit(), 0.0
    for step, seconds in steps:
        now += seconds
        if step == "good":
            circuit.good()
            assert circuit.enter(now)
        elif step == "bad":
            circuit.bad(now, RULE)
        else:
            circuit.enter(now)
        assert 0 <= circuit.wait(now) <= LONGEST
    assert circuit.enter(now + LONGEST)


async def test_who_does_not_answer_is_not_asked_and_answers_again_when_back(
    front_of: Any, module_of: Any, hands: Hands
) -> None:
    front = await front_of(circuit_failures=3, circuit_seconds=4)
    module = await module_of()
    refusals = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal refusals
        refusals += 1
        writer.transport.abort()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    front.announce("forms", [ROUTE], f"http://127.0.0.1:{port}")
    async with front.api() as client, front.browser() as browser:
        failed = [(await client.get(URL)).status_code for _ in range(3)]
        assert failed == [502, 502, 502]
        spared = await client.get(URL)
        page = await browser.get(URL)
        assert (spared.status_code, refusals) == (503, 3)
        assert spared.json()["type"].endswith("/module-gone")
        assert "„Forms“ ist vorübergehend nicht erreichbar" in spared.json()["detail"]
        assert (spared.headers["retry-after"], page.status_code) == ("4", 503)
        assert metric(front, "mash_gateway_circuit_opened_total") == 1
        hands.now += 4
        tried = [(await client.get(URL)).status_code for _ in range(2)]
        assert (tried, refusals) == ([502, 503], 4)
        server.close()
        instance = front.routes.find("/api/forms/v1").instances[0]
        instance.origin = type(instance.origin).parse(module.origin)
        assert (await client.get(URL)).status_code == 503
        hands.now += 8
        assert [(await client.get(URL)).status_code for _ in range(2)] == [200, 200]
    assert len(module.seen) == 2


async def test_silence_opens_it_too_and_an_error_does_not(front_of: Any, module_of: Any) -> None:
    front = await front_of(circuit_failures=2, upstream_seconds=0.2)
    silent = await module_of(wait=30)
    front.announce("forms", [ROUTE], silent.origin)
    async with front.api() as client:
        answers = [(await client.post(URL, json={})).status_code for _ in range(3)]
        assert answers == [504, 504, 503]
    assert len(silent.seen) == 2
    sick = await module_of(status=500)
    front.announce("sensors", [{"path": "/api/sensors", "kind": "api"}], sick.origin)
    async with front.api() as client:
        answers = [(await client.get("/heidelberg/api/sensors/x")).status_code for _ in range(5)]
    assert answers == [500] * 5


async def test_other_instances_go_on(front_of: Any, module_of: Any, hands: Hands) -> None:
    front = await front_of(circuit_failures=2, circuit_seconds=4, upstream_seconds=0.2)
    good, silent = await module_of(), await module_of(wait=30)
    front.announce("forms", [ROUTE], good.origin, silent.origin)
    async with front.api() as client:
        answers = [(await client.get(URL)).status_code for _ in range(12)]
        assert sorted(answers) == [200] * 11 + [504]
        hands.now += 3  # doubted no more: its turn comes, and it fails for the second time in a row
        assert sorted([(await client.get(URL)).status_code for _ in range(2)]) == [200, 504]
        hands.now += 3
        before = len(silent.seen)
        answers = [(await client.get(URL)).status_code for _ in range(6)]
        assert (answers, len(silent.seen)) == ([200] * 6, before)
        hands.now += 4
        silent.wait = 0
        assert [(await client.get(URL)).status_code for _ in range(4)] == [200] * 4
        assert len(silent.seen) > before, "when its time has come it is asked again"


async def test_operators_see_it(front_of: Any) -> None:
    front = await front_of(circuit_failures=1)
    front.announce("forms", [ROUTE], NOBODY)
    async with front.browser() as browser:
        await browser.get(URL)
        await front.login(browser, "/ops/", roles=("operator",))
        assert "wird geschont" in (await browser.get("/ops/modules")).text
