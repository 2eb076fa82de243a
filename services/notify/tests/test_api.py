# SPDX-License-Identifier: EUPL-1.2
"""Who may read what was written to whom, by HTTP and by gRPC."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mash.notify.v1.notify_pb2 import ListMessagesRequest, MessageState
from mash.notify.v1.notify_pb2_grpc import MessageServiceStub
from mash_sdk.problems import Forbidden, Invalid
from mash_sdk.rpc import Peers, serve_rpc
from mash_sdk.testing import Bench

ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"
MESSAGES = "/api/notify/v1/messages"


@pytest.fixture
async def told(bench: Bench, happened: Any) -> Bench:
    """Three messages to Anna: two about a1, one about a2."""
    for what, application in (("submitted", "a1"), ("received", "a1"), ("issued", "a1")):
        await bench.deliver(happened(what, application))
    await bench.deliver(happened("submitted", "a2"))
    await bench.deliver(happened("received", "a2"))
    return bench


async def test_a_citizen_sees_their_own_newest_first(told: Bench) -> None:
    answer = await told.client(subject=ANNA).get(MESSAGES)
    items = answer.json()["items"]
    assert answer.json()["next"] is None
    assert [(item["about"], item["kind"], item["state"]) for item in items] == [
        ("a2", "received", "queued"),
        ("a1", "decision", "queued"),
        ("a1", "received", "queued"),
    ]
    assert "anna@example.org" not in answer.text
    assert "Beispiel" not in answer.text


async def test_pages_follow_one_another(told: Bench) -> None:
    client = told.client(subject=ANNA)
    whole = (await client.get(MESSAGES)).json()["items"]
    first = (await client.get(MESSAGES, params={"limit": 2})).json()
    second = (await client.get(MESSAGES, params={"limit": 2, "after": first["next"]})).json()
    assert first["items"] + second["items"] == whole
    assert second["next"] is None


async def test_others_see_nothing(told: Bench) -> None:
    assert (await told.client(subject="somebody").get(MESSAGES)).json()["items"] == []
    assert (await told.client("mannheim", subject=ANNA).get(MESSAGES)).json()["items"] == []
    assert (await told.client(subject="somebody").get(MESSAGES, params={"about": "a1"})).json()["items"] == []


async def test_a_clerk_asks_about_one_thing(told: Bench) -> None:
    clerk = told.client(roles=["clerk"])
    items = (await clerk.get(MESSAGES, params={"about": "a1"})).json()["items"]
    assert [item["kind"] for item in items] == ["decision", "received"]
    missing = await clerk.get(MESSAGES)
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["pointer"] == "?about"
    stranger = told.client("mannheim", roles=["clerk"])
    assert (await stranger.get(MESSAGES, params={"about": "a1"})).json()["items"] == []


@pytest.mark.parametrize("query", ["after=x", "limit=0", "limit=9999", "about=%00", "about=" + "x" * 201])
async def test_bad_queries_are_explained(bench: Bench, query: str) -> None:
    answer = await bench.client(subject=ANNA).get(f"{MESSAGES}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


@pytest.fixture
async def ask(told: Bench) -> Any:
    """Asks ListMessages as a service, through the real gRPC door."""
    program = told.program
    server = await serve_rpc(
        program.rpc,
        "127.0.0.1:0",
        verifier=program.verifier,
        database=program.database,
        telemetry=program.telemetry,
    )
    peers: list[Peers] = []

    async def asking(caller: str, about: str, tenant: str = "heidelberg") -> Any:
        peer = Peers(program.settings, caller, told.clock)
        peers.append(peer)
        stub = peer.stub(MessageServiceStub, server.address)
        return await peer.call(
            stub.ListMessages, ListMessagesRequest(about=about), tenant=tenant, purpose="test"
        )

    yield asking
    for peer in peers:
        await peer.close()
    await server.stop(0)


async def test_forms_asks_what_was_sent(ask: Callable[..., Awaitable[Any]]) -> None:
    answer = await ask("forms", "a1")
    assert [message.state for message in answer.messages] == [MessageState.MESSAGE_STATE_QUEUED] * 2
    assert {message.channel for message in answer.messages} == {"email"}
    assert list((await ask("forms", "a1", "mannheim")).messages) == []


async def test_nobody_else_may_ask(ask: Callable[..., Awaitable[Any]]) -> None:
    with pytest.raises(Forbidden):
        await ask("payments", "a1")


@pytest.mark.parametrize("about", ["", "\0", "a\nb", "ü"])
async def test_a_question_about_nothing_is_refused(ask: Callable[..., Awaitable[Any]], about: str) -> None:
    with pytest.raises(Invalid):
        await ask("forms", about)
