# SPDX-License-Identifier: EUPL-1.2
"""One suite that every service and module runs over its bench (HOUSE R15, R16)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import unquote

import httpx
import pytest
from google.protobuf.message import Message

from mash_sdk.events import event_types, personal_fields
from mash_sdk.kafka.subscriptions import announces_faults
from mash_sdk.problems import MEDIA_TYPE
from mash_sdk.testing.bench import CSRF, Bench
from mash_sdk.testing.described import requests_of
from mash_sdk.testing.doors import Door, doors
from mash_sdk.testing.unstorable import unstorable
from mash_sdk.testing.walks import ELSEWHERE, HOME, Walks

REFUSALS = (401, 403)
FAILURE = 500


class ModuleConformance(Walks):
    """Subclass it in a module's tests next to a fixture `bench`; give an example of each event it handles."""

    examples: ClassVar[Sequence[Message]] = ()
    readings: ClassVar[Sequence[Message]] = ()
    """Examples of what it reads from other services' streams, at least one of each; a fixture may set it."""
    known: ClassVar[Mapping[str, str]] = {}
    """What is there on the bench, by the name of its place in a route's path; a fixture may set it."""
    subject: ClassVar[str | None] = None
    """Whose that is."""

    async def test_every_event_listened_to_has_an_example(self, bench: Bench) -> None:
        listened = {line.type for line in bench.program.events or ()}
        assert {example.DESCRIPTOR.full_name for example in self.examples} == listened

    async def test_same_event_twice_has_one_effect(self, bench: Bench) -> None:
        for example in self.examples:
            assert bench.steps is not None
            before = await bench.effects()
            # Without the relay: what the fixture announced must not have the example's effect before it.
            envelope = await bench.deliver(example, HOME, settle=False)
            await bench.steps.turn()
            assert bench.dead == []
            assert not bench.steps.delivery.held, (
                f"the example {envelope.type} fails: {await _waiting(bench)}"
            )
            once = await bench.effects()
            assert once != before, f"the example {envelope.type} has no effect: it proves nothing"
            await bench.deliver_again(envelope, settle=False)
            await bench.steps.turn()
            assert await bench.effects() == once, f"{envelope.type} delivered twice has two effects"

    async def test_every_stream_read_has_an_example(self, bench: Bench) -> None:
        given = {example.DESCRIPTOR.full_name for example in self.readings}
        assert given == set(bench.program.manifest.reads)

    async def test_same_reading_twice_has_one_effect(self, bench: Bench) -> None:
        if not self.readings:
            return
        before = await bench.effects()
        await bench.receive(*self.readings, tenant=HOME)
        assert bench.dead_reasons == []
        once = await bench.effects()
        assert once != before, "the readings have no effect: they prove nothing"
        await bench.receive(*self.readings, tenant=HOME)
        assert await bench.effects() == once, "what a stream repeats has two effects"

    async def test_the_walk_over_routes_sees_them_all(self, bench: Bench) -> None:
        seen = {(door.method.lower(), door.path) for door in doors(bench.program)}
        paths: dict[str, dict[str, Any]] = bench.program.asgi().openapi().get("paths", {})
        described = {(method, path) for path, methods in paths.items() for method in methods}
        assert described <= seen, "the walk misses routes: it proves nothing"
        assert all(door.guards for door in doors(bench.program))

    async def test_routes_say_what_they_do(self, bench: Bench) -> None:
        paths: dict[str, dict[str, Any]] = bench.program.asgi().openapi().get("paths", {})
        silent = [
            f"{method.upper()} {path}"
            for path, methods in paths.items()
            for method, operation in methods.items()
            if not operation.get("description")
        ]
        assert silent == [], "a route's docstring is its description in the API reference"

    async def test_routes_refuse_those_without_a_token(self, bench: Bench) -> None:
        visitor = bench.visitor(HOME)
        for door in doors(bench.program):
            if not door.public:
                _assert_refused(door, await visitor.request(door.method, door.url()), "nobody")

    async def test_routes_refuse_tokens_of_another_tenant(self, bench: Bench) -> None:
        for door in doors(bench.program):
            roles = {role for guard in door.guards for role in guard.roles}
            stranger = bench.client(HOME, roles)
            stranger.headers["authorization"] = f"Bearer {bench.token(ELSEWHERE, roles=roles)}"
            _assert_refused(door, await stranger.request(door.method, door.url()), f"a token of {ELSEWHERE}")

    async def test_routes_refuse_those_without_the_role(self, bench: Bench) -> None:
        somebody = bench.client(HOME, ["nobody-has-this-role"])
        for door in doors(bench.program):
            if not door.public:
                _assert_refused(door, await somebody.request(door.method, door.url()), "a missing role")

    async def test_text_that_cannot_be_stored_is_no_failure_of_ours(self, bench: Bench) -> None:
        document = bench.program.asgi().openapi()
        failed = []
        for door in doors(bench.program):
            roles = {role for guard in door.guards for role in guard.roles}
            asked: dict[str, Any] = document.get("paths", {}).get(door.path, {}).get(door.method.lower(), {})
            for url, sent in unstorable(door.path, door.url(), asked, document):
                answer = await bench.client(HOME, roles).request(door.method, url, **sent)
                if answer.status_code == FAILURE:
                    failed.append(f"{door} fails at {url} {sent}")
        assert failed == [], "take texts as mash_sdk.storable.StorableText"

    async def test_routes_hold_what_they_document(self, bench: Bench) -> None:
        """Requests by chance: nothing fails, and each answer is one that the OpenAPI document promises."""
        asked = requests_of(bench.program.asgi().openapi(), self.known)
        roles = {
            (door.method, door.path): frozenset(role for guard in door.guards for role in guard.roles)
            for door in doors(bench.program)
        }
        people = {
            each: bench.client(HOME, each, self.subject) if each else bench.visitor(HOME)
            for each in roles.values()
        }
        wrong, answered, found = [], set(), set()
        for request in asked:
            person = people[roles[request.method, request.path]]
            # What the document does not say: pages' forms carry the session's token.
            sent: dict[str, Any] = {"content": request.content} if request.content else {}
            if request.method == "POST" and not request.path.startswith("/api/"):
                sent = {"data": {"csrf": CSRF}}
            answer = await person.request(request.method, request.url, headers=request.headers, **sent)
            answered.add(answer.status_code)
            if answer.is_success:
                found |= {name for name, value in self.known.items() if value in unquote(request.url)}
            wrong += [f"{request}: {fault}" for fault in request.faults(answer)]
        assert wrong == []
        assert not asked or HTTPStatus.OK in answered, "nothing was answered: it proves nothing"
        assert set(self.known) == found, "what is called known was never found: it proves nothing"

    async def test_the_manifest_is_true(self, bench: Bench) -> None:
        program = bench.program
        if program.events is not None:
            assert program.events.faults(program.manifest) == []
        else:
            assert program.manifest.listens == ()
            assert announces_faults(program.manifest) == []
        assert program.stream_faults() == []

    async def test_what_is_published_is_what_the_routes_answer(self, bench: Bench) -> None:
        manifest = bench.program.manifest
        if not manifest.public:
            return
        await bench.publish()
        found = bench.public()
        assert found, "module.toml has [[public]], but nothing is published: it proves nothing"
        for key, document in found.items():
            route = manifest.route_of(document.path)
            assert route is not None
            assert manifest.publishes(document.path), f"{document.path} is not declared"
            inside = document.path
            if route.upstream is not None:
                inside = route.upstream + document.path[len(route.path) :]
            answer = await bench.visitor(document.tenant).get(inside)
            told = (answer.status_code, answer.headers.get("content-type"), answer.content)
            assert told == (200, document.media_type, document.body), f"{key} is not what the route answers"

    async def test_events_hold_no_personal_data(self, bench: Bench) -> None:
        for name in bench.program.manifest.announces:
            assert list(personal_fields(event_types()[name].DESCRIPTOR)) == []


def _assert_refused(door: Door, answer: httpx.Response, whom: str) -> None:
    if answer.status_code not in REFUSALS or answer.headers.get("content-type") != MEDIA_TYPE:
        pytest.fail(
            f"{door} does not refuse {whom}: {answer.status_code} {answer.headers.get('content-type')}"
        )


async def _waiting(bench: Bench) -> list[str]:
    assert bench.steps is not None
    return [str(row["reason"]) for row in await bench.steps.delivery.parking.all()]
