# SPDX-License-Identifier: EUPL-1.2
"""What the HTTP door promises to whoever knocks."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationReceived
from mash_sdk.http import Allow, Router
from mash_sdk.http.router import Undeclared, require_declared
from mash_sdk.identity import Principal
from mash_sdk.problems import Unavailable
from mash_sdk.provide import Missing, Provide
from mash_sdk.running import running
from mash_sdk.storable import REASON
from mash_sdk.testing import CSRF, Bench, FakeClock, MemoryBroker

ORDERS = "/api/doorprobe/v1/orders"
KEY = {"idempotency-key": "a-key-of-mine"}


def kind_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["trace_id"], "a problem can be found in the traces"
    return str(document["type"]).rsplit("/", 1)[1]


async def test_a_unit_commits_before_the_answer_and_its_events_leave(bench: Bench) -> None:
    answer = await bench.client().post(ORDERS, json={"number": 1}, headers=KEY)
    assert answer.status_code == 201
    await bench.settle()
    assert [e.application_id for e in bench.announced(ApplicationReceived)] == ["order-1"]


async def test_a_refusal_announces_nothing(bench: Bench) -> None:
    answer = await bench.client().post(ORDERS, json={"number": 13}, headers=KEY)
    assert (answer.status_code, kind_of(answer)) == (409, "conflict")
    await bench.settle()
    assert bench.announced(ApplicationReceived) == []


async def test_the_same_key_gets_the_first_answer_again(bench: Bench) -> None:
    client = bench.client(subject="s1")
    first = await client.post(ORDERS, json={"number": 2}, headers=KEY)
    again = await client.post(ORDERS, json={"number": 2}, headers=KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    await bench.settle()
    assert len(bench.announced(ApplicationReceived)) == 1


@pytest.mark.parametrize("copies", [2, 16])
async def test_retries_at_the_same_time_have_one_effect_and_one_answer(bench: Bench, copies: int) -> None:
    """More of them than there are connections to PostgreSQL, where there are many."""
    client = bench.client(subject="s1")
    asked = [client.post(ORDERS, json={"number": 2}, headers=KEY) for _ in range(copies)]
    answers = await asyncio.gather(*asked)
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, '{"number":2,"call":1}')}
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None, *["true"] * (copies - 1)]
    await bench.settle()
    assert len(bench.announced(ApplicationReceived)) == 1


async def test_of_different_bodies_at_the_same_time_under_one_key_one_is_done(bench: Bench) -> None:
    client = bench.client(subject="s1")
    asked = [client.post(ORDERS, json={"number": number}, headers=KEY) for number in range(20, 26)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {kind_of(answer) for answer in answers if answer.status_code == 409} == {"idempotency-key-reused"}
    await bench.settle()
    assert len(bench.announced(ApplicationReceived)) == 1


async def test_the_same_key_with_another_body_is_a_conflict(bench: Bench) -> None:
    client = bench.client(subject="s1")
    await client.post(ORDERS, json={"number": 2}, headers=KEY)
    other = await client.post(ORDERS, json={"number": 3}, headers=KEY)
    assert (other.status_code, kind_of(other)) == (409, "idempotency-key-reused")


async def test_a_remembered_answer_is_readable_with_its_key_alone(bench: Bench) -> None:
    client = bench.client(subject="s1")
    await client.post(ORDERS, json={"number": 4711}, headers=KEY)
    async with bench.unit() as unit:
        kept = (await unit.connection.execute(text("select key, request, body from idempotency"))).one()
    assert "a-key-of-mine" not in kept.key
    assert b"4711" not in bytes(kept.body)
    asked = hashlib.sha256(f"POST\n{ORDERS}\n\napplication/json\n".encode() + b'{"number":4711}').digest()
    assert bytes(kept.request) != asked, "who guesses the request finds it by nothing that is kept"


async def test_answers_that_a_version_of_before_keeps_in_plain_are_given_again(bench: Bench) -> None:
    client = bench.client(subject="s1")
    body = b'{"number":5}'
    asked = hashlib.sha256(f"POST\n{ORDERS}\n\napplication/json\n".encode() + body).digest()
    async with bench.unit() as unit:
        await unit.connection.execute(
            text(
                "insert into idempotency (tenant, subject, key, request, status, headers, body)"
                " values (:t, 's1', 'a-key-of-mine', :r, 201, '{}', decode('7b7d', 'hex'))"
            ),
            {"t": unit.tenant, "r": asked},
        )
    sent = {**KEY, "content-type": "application/json"}
    assert (await client.post(ORDERS, content=body, headers=sent)).json() == {}
    other = await client.post(ORDERS, json={"number": 6}, headers=KEY)
    assert (other.status_code, kind_of(other)) == (409, "idempotency-key-reused")


async def test_a_key_belongs_to_who_chose_it(bench: Bench) -> None:
    await bench.client(subject="s1").post(ORDERS, json={"number": 2}, headers=KEY)
    other = await bench.client(subject="s2").post(ORDERS, json={"number": 3}, headers=KEY)
    assert other.status_code == 201


async def test_a_refusal_is_not_remembered(bench: Bench) -> None:
    client = bench.client(subject="s1")
    await client.post(ORDERS, json={"number": 13}, headers=KEY)
    assert (await client.post(ORDERS, json={"number": 14}, headers=KEY)).status_code == 201


@pytest.mark.parametrize(
    ("content", "media_type", "status", "kind"),
    [
        (b"{", "application/json", 400, "unreadable"),
        (b"\xff\xfe", "application/json", 400, "unreadable"),
        (b"<a/>", "text/xml", 415, "unsupported-media-type"),
        (b"{}", "", 415, "unsupported-media-type"),
        (b'{"number": "x"}', "application/json", 422, "invalid"),
        (b"[]", "application/json", 422, "invalid"),
        (b"x" * 3000, "application/json", 413, "too-large"),
    ],
)
async def test_bad_bodies(bench: Bench, content: bytes, media_type: str, status: int, kind: str) -> None:
    headers = KEY | ({"content-type": media_type} if media_type else {})
    answer = await bench.client().post(ORDERS, content=content, headers=headers)
    assert (answer.status_code, kind_of(answer)) == (status, kind)


async def test_a_body_that_turns_out_too_long_is_refused_too(bench: Bench) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    headers = KEY | {"content-type": "application/json"}
    answer = await bench.client().post(ORDERS, content=endless(), headers=headers)
    assert (answer.status_code, kind_of(answer)) == (413, "too-large")


async def test_faults_name_field_reason_and_remedy(bench: Bench) -> None:
    answer = await bench.client().post(ORDERS, json={}, headers=KEY)
    assert answer.json()["errors"] == [
        {"pointer": "/number", "reason": "fehlt", "remedy": "Angabe ergänzen."}
    ]


async def test_a_fault_is_named_whatever_its_field_is_called(bench: Bench) -> None:
    answer = await bench.client().post(ORDERS, json={"number": 1, "a/b~": 1}, headers=KEY)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/a~1b~0"]


@pytest.mark.parametrize("odd", ["\\u0000", "\\ud800", "\\udc00x"])
async def test_text_that_cannot_be_stored_is_a_fault_of_its_field(bench: Bench, odd: str) -> None:
    body = f'{{"number": 1, "note": "a{odd}"}}'
    answer = await bench.client().post(
        ORDERS, content=body, headers=KEY | {"content-type": "application/json"}
    )
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["reason"]) == ("/note", REASON)
    whole = {"number": 1, "note": "\t😀\U0010ffff\x7f"}
    assert (await bench.client().post(ORDERS, json=whole, headers=KEY)).status_code == 201


async def test_tokens_that_do_not_hold(bench: Bench) -> None:
    good = bench.token(roles=["citizen"])
    head, _, signature = good.split(".")
    cases = {
        "rubbish": "unauthenticated",
        "a.b.c": "unauthenticated",
        good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB"): "unauthenticated",
        f"{head}.e30.{signature}": "unauthenticated",
        bench.issuer.token(tenant="heidelberg", audience="other", now=bench.clock.now()): "wrong-audience",
        bench.issuer.token(
            tenant="heidelberg", audience="doorprobe", now=bench.clock.now() - timedelta(hours=2)
        ): "token-expired",
    }
    for token, kind in cases.items():
        headers = {"authorization": f"Bearer {token}"}
        answer = await bench.visitor().post(ORDERS, json={"number": 1}, headers=headers)
        assert (answer.status_code, kind_of(answer)) == (401, kind), token
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_wrong_token_is_refused_even_where_none_is_needed(bench: Bench) -> None:
    headers = {"authorization": "Bearer rubbish"}
    assert (await bench.visitor().get("/api/doorprobe/v1/public", headers=headers)).status_code == 401
    assert (await bench.visitor().get("/api/doorprobe/v1/public")).json() == {
        "kind": "visitor",
        "tenant": "heidelberg",
    }


async def test_a_token_of_another_tenant_is_refused(bench: Bench) -> None:
    headers = {"mash-tenant": "mannheim", **KEY}
    answer = await bench.client("heidelberg").post(ORDERS, json={"number": 1}, headers=headers)
    assert (answer.status_code, kind_of(answer)) == (403, "wrong-tenant")


async def test_an_unknown_tenant_is_not_found(bench: Bench) -> None:
    answer = await bench.visitor("atlantis").get("/api/doorprobe/v1/public")
    assert (answer.status_code, kind_of(answer)) == (404, "unknown-tenant")


async def test_services_and_people_are_not_taken_for_each_other(bench: Bench) -> None:
    peers = "/api/doorprobe/v1/peers"
    assert (await bench.service("notify").get(peers)).json() == {"client": "notify"}
    assert (await bench.service("payments").get(peers)).status_code == 403
    assert (await bench.client(roles=["citizen", "notify"]).get(peers)).status_code == 403
    assert (await bench.service("notify").post(ORDERS, json={"number": 1}, headers=KEY)).status_code == 403


async def test_a_form_proves_that_the_page_was_ours(bench: Bench) -> None:
    client = bench.client()
    page = "/api/doorprobe/v1/page"
    assert (await client.post(page, data={"csrf": CSRF, "z": "1"})).json() == {"z": "1"}
    for data in ({"csrf": "other", "z": "1"}, {"z": "1"}):
        answer = await client.post(page, data=data)
        assert (answer.status_code, kind_of(answer)) == (403, "csrf")
    without = httpx.Headers({"mash-csrf": ""})
    assert (await client.post(page, data={"csrf": "", "z": "1"}, headers=without)).status_code == 403
    assert (await client.post(page, json={"csrf": CSRF})).status_code == 415


@pytest.mark.parametrize("odd", ["\\u0000", "\\ud800"])
async def test_a_form_holds_only_what_can_be_stored(bench: Bench, odd: str) -> None:
    """Text of any charset Python knows may come as multipart: this one has words for every letter."""
    sent = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("csrf", CSRF), ("z", odd))
    )
    kind = {"content-type": "multipart/form-data; boundary=edge; charset=unicode_escape"}
    answer = await bench.client().post("/api/doorprobe/v1/page", content=f"{sent}--edge--\r\n", headers=kind)
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/z"]


async def test_our_own_failure_says_nothing_of_its_cause(bench: Bench) -> None:
    answer = await bench.client().get("/api/doorprobe/v1/broken")
    assert (answer.status_code, kind_of(answer)) == (500, "internal")
    assert "HD-AB" not in answer.text
    span = bench.spans.one("GET /api/doorprobe/v1/broken")
    assert dict(span.attributes or {})["error.type"] == "RuntimeError"
    assert "HD-AB" not in str([span.attributes, span.status.description, [e.attributes for e in span.events]])


async def test_unknown_addresses_and_methods_are_problems(bench: Bench) -> None:
    assert kind_of(await bench.client().get("/nowhere")) == "not-found"
    behind = await bench.client().get("/api/doorprobe/v1/public/")
    assert kind_of(behind) == "not-found", "it would lead behind the gateway"
    assert kind_of(await bench.client().put("/api/doorprobe/v1/public")) == "method-not-allowed"


async def test_readiness_names_each_dependency(bench: Bench) -> None:
    answer = await bench.visitor().get("/readyz")
    assert answer.json()["checks"]["postgres"] == "ok"


@pytest.mark.parametrize(
    ("requires", "said"), [({"sea"}, (503, "not ready")), ({"postgres"}, (200, "degraded"))]
)
async def test_what_it_can_do_without_does_not_take_it_out_of_service(
    bench: Bench, requires: set[str], said: tuple[int, str]
) -> None:
    async def away() -> None:
        raise Unavailable("Das Meer ist fort.")

    bench.program.checks = {"sea": away}
    bench.program.requires = frozenset(requires)
    answer = await bench.visitor().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == said
    assert answer.json()["checks"] == {"postgres": "ok", "sea": "Das Meer ist fort."}


async def test_it_is_not_ready_before_a_gateway_can_know_of_it(bench: Bench) -> None:
    broker = MemoryBroker()
    broker.away = True
    async with running(bench.program, only=["http"], broker=broker) as state, httpx.AsyncClient() as visitor:
        door = f"http://{state.http}/readyz"
        early = await visitor.get(door)
        broker.away = False
        await asyncio.wait_for(state.announced.wait(), 20)
        then = await visitor.get(door)
        broker.away = True
        later = await visitor.get(door)
    assert (early.status_code, early.json()["status"]) == (503, "not ready")
    assert early.json()["checks"]["announced"] == "Der Dienst hat sich noch nicht bekannt gemacht."
    assert (then.status_code, then.json()["status"]) == (200, "ready")
    assert (later.status_code, later.json()["status"]) == (200, "degraded")


def test_a_route_that_names_nobody_does_not_start() -> None:
    router = Router()

    @router.get("/open")
    async def open_to_all() -> None:
        """Nobody said who may call this."""

    with pytest.raises(Undeclared, match="/open"):
        require_declared([router], {})


def test_a_plain_router_does_not_start() -> None:
    router = APIRouter()

    @router.get("/plain")
    async def plain() -> None:
        """Not a DoorRoute: it would commit nothing."""

    with pytest.raises(Undeclared, match="/plain"):
        require_declared([router], {})


def test_a_route_that_asks_for_what_nobody_provides_does_not_start() -> None:
    router = Router()

    @router.get("/asks")
    async def asks(
        who: Annotated[Principal, Depends(Allow.anyone())], clock: Annotated[FakeClock, Provide(FakeClock)]
    ) -> None:
        """app.py forgot the clock."""

    with pytest.raises(Missing, match="FakeClock"):
        require_declared([router], {})
    require_declared([router], {FakeClock: FakeClock()})


async def test_head_is_get_without_a_body(bench: Bench) -> None:
    get = await bench.visitor().get("/api/doorprobe/v1/public")
    head = await bench.visitor().head("/api/doorprobe/v1/public")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert (await bench.visitor().head(ORDERS)).status_code == 405


async def test_a_fault_of_the_whole_body_points_at_its_root(bench: Bench) -> None:
    answer = await bench.client().post(ORDERS, json=[], headers=KEY)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [""]


async def test_the_document_tells_problems_and_who_must_prove_themselves(bench: Bench) -> None:
    said = (await bench.visitor().get("/openapi.json")).json()
    order, public = said["paths"][ORDERS]["post"], said["paths"]["/api/doorprobe/v1/public"]["get"]
    assert order["security"] == [{"bearer": []}]
    assert public["security"] == [{}]
    assert "422" not in order["responses"]
    assert list(order["responses"]["default"]["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in said["components"]["schemas"]
