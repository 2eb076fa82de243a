# SPDX-License-Identifier: EUPL-1.2
"""One service asks another: what arrives, what comes back, and what happens when nothing does."""

import asyncio
import logging
import time
from typing import Any

import pytest

from mash.forms.v1 import forms_pb2, forms_pb2_grpc
from mash_sdk import journey, problems
from mash_sdk.telemetry import step
from mash_sdk.testing.spans import assert_edge

PATH = "mash.forms.v1.ApplicationService/GetApplicant"


async def test_the_peer_learns_who_asks_for_which_tenant_and_why(house: Any, caplog: Any) -> None:
    with caplog.at_level(logging.INFO, "mash.audit"):
        answer = await house.ask("a1")
    assert answer == forms_pb2.GetApplicantResponse(applicant_id="a1")
    assert house.applications.seen == [("notify", "heidelberg", "send a notice")]
    assert house.units.ended == [("heidelberg", "committed")]
    [entry] = [r for r in caplog.records if r.name == "mash.audit"]
    said = {name: value for name, value in vars(entry).items() if "." in name}
    assert said == {
        "mash.caller": "notify",
        "mash.tenant": "heidelberg",
        "mash.purpose": "send a notice",
        "rpc.method": PATH,
    }


async def test_one_trace_goes_through_the_call(house: Any) -> None:
    with house.notify.door("event"):
        journey.join("j-1")
        with step("notices.remember"):
            await house.ask("a1")
    assert_edge(house.spans, "notify:notices.remember", f"notify:{PATH}")
    assert_edge(house.spans, f"notify:{PATH}", f"forms:{PATH}")
    answered = house.spans.one(PATH, "forms").attributes
    assert answered["mash.journey.id"] == "j-1"
    assert answered["mash.purpose"] == "send a notice"
    assert answered["rpc.response.status_code"] == "OK"
    assert b'rpc_response_status_code="OK"' in house.forms.metrics_text()


@pytest.mark.parametrize(
    "name",
    [
        "Invalid",
        "Unreadable",
        "Forbidden",
        "NotFound",
        "Conflict",
        "TooLarge",
        "TooMany",
        "NotImplementedYet",
        "Unavailable",
    ],
)
async def test_a_problem_arrives_as_itself_and_nothing_is_committed(house: Any, name: str) -> None:
    with pytest.raises(problems.Problem) as caught:
        await house.ask(name)
    told = caught.value
    assert type(told) is getattr(problems, name)
    assert (told.detail, told.kind, told.retry_after) == ("Nein.", f"own-{name.lower()}", 7)
    assert house.units.ended == [("heidelberg", "rolled back")]


async def test_faults_keep_their_pointers(house: Any) -> None:
    with pytest.raises(problems.Invalid) as caught:
        await house.ask("")
    assert caught.value.errors == (problems.Fault("/application_id", "fehlt", "angeben"),)


async def test_a_crash_says_nothing_of_what_it_was_about(house: Any, caplog: Any) -> None:
    with pytest.raises(problems.Unavailable) as caught:
        await house.ask("crash")
    assert caught.value.kind == "peer-failed"
    cause = caught.value.__cause__
    assert "Mustermann" not in f"{caught.value} {cause}"
    assert "Mustermann" not in str([(s.attributes, s.status, s.events) for s in house.spans.all])
    assert any(e.name == "exception" for e in house.spans.one(PATH, "forms").events)


async def test_a_silent_peer_costs_no_more_than_the_deadline(house: Any) -> None:
    await house.ask("warm")
    began = time.monotonic()
    with pytest.raises(problems.Unavailable) as caught:
        await house.ask("silent", deadline=0.3)
    assert caught.value.kind == "peer-too-slow"
    assert time.monotonic() - began < 2
    async with asyncio.timeout(5):
        while ("heidelberg", "rolled back") not in house.units.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_peer_that_is_away_is_unavailable_and_found_again(house: Any) -> None:
    stub = house.peers.stub(forms_pb2_grpc.ApplicationServiceStub, "127.0.0.1:1")
    with pytest.raises(problems.Unavailable) as caught:
        await house.peers.call(
            stub.GetApplicant,
            forms_pb2.GetApplicantRequest(),
            tenant="heidelberg",
            purpose="test",
            deadline=2,
        )
    assert caught.value.kind in {"peer-away", "peer-too-slow"}


async def test_a_token_that_is_no_longer_accepted_is_replaced_once(house: Any) -> None:
    house.issuer.lives = -100
    house.peers._tokens._kept.put(("heidelberg", "forms"), house.issuer.token(), time.time() + 60)
    house.issuer.lives = 300
    await house.ask("a1")
    assert len(house.issuer.asked) == 1


async def test_a_peer_that_never_accepts_us_is_unavailable_not_our_visitors_login(house: Any) -> None:
    house.issuer.lives = -100
    with pytest.raises(problems.Unavailable) as caught:
        await house.ask("a1")
    assert caught.value.kind == "peer-refused"


async def test_a_stub_of_another_kind_and_an_empty_purpose_are_mistakes(house: Any) -> None:
    with pytest.raises(TypeError):
        await house.peers.call(print, forms_pb2.GetApplicantRequest(), tenant="heidelberg", purpose="x")
    with pytest.raises(ValueError, match="purpose"):
        await house.peers.call(
            house.stub.GetApplicant, forms_pb2.GetApplicantRequest(), tenant="heidelberg", purpose=" "
        )
