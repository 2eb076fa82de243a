# SPDX-License-Identifier: EUPL-1.2
"""What a document is, and how a service's own route answers with it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from mash_sdk.manifest import Manifest
from mash_sdk.public import Document, etag_of, is_known
from mash_sdk.testing import Bench, ModuleConformance

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class TestBoard(ModuleConformance):
    """The suite that compares what is published with what the routes answer, over the board."""

    @pytest.fixture(autouse=True)
    async def _notes(self, bench: Bench) -> None:
        async with bench.unit("mannheim") as unit:
            await unit.connection.execute(
                text("insert into notes (name, words) values ('fair', 'Maimarkt ä')")
            )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"path": "api/x"}, "plain path"),
        ({"path": "/"}, "plain path"),
        ({"path": "/a//b"}, "plain path"),
        ({"path": "/a/../b"}, "plain path"),
        ({"path": "/a/%62"}, "plain path"),
        ({"path": "/a?b"}, "plain path"),
        ({"path": "/a\n"}, "plain path"),
        ({"media_type": "text/plain\r\nset-cookie: a=b"}, "no media type"),
        ({"media_type": "json"}, "no media type"),
        ({"max_age": -1}, "max_age"),
        ({"max_age": 90_000}, "max_age"),
        ({"valid_until": NOON, "max_age": 60}, "valid_until"),
        ({"valid_until": NOON.replace(tzinfo=None)}, "zone"),
    ],
)
def test_a_document_that_cannot_be_answered_is_not_made(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Document(**{"path": "/a", "body": b"", **wrong})  # type: ignore[arg-type]


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_an_etag_is_equal_exactly_for_equal_bytes(one: bytes, other: bytes) -> None:
    tags = etag_of(Document("/a", one)), etag_of(Document("/b/c", other))
    assert (tags[0] == tags[1]) == (one == other)
    assert etag_of(Document("/a", one)) != etag_of(Document("/a", one, "text/plain"))
    assert tags[0][0] == tags[0][-1] == '"'
    assert '"' not in tags[0][1:-1]


def test_who_has_it_already_is_known_by_any_of_the_tags_they_name() -> None:
    assert is_known('"a"', '"a"')
    assert is_known('"b", W/"a" ,"c"', '"a"')
    assert is_known('"a-gzip"', '"a"', '"a-gzip"')
    assert is_known("*", '"a"')
    assert not is_known("", '"a"')
    assert not is_known('"b", "*"', '"a"')
    assert not is_known('"ab"', '"a"')
    assert not is_known("a", '"a"')


async def test_a_route_answers_with_the_document_and_304_to_who_has_it(bench: Bench) -> None:
    visitor = bench.visitor()
    answer = await visitor.get("/api/board/v1/notes")
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=60"
    etag = answer.headers["etag"]

    known = {"if-none-match": f'"other", {etag}'}
    again = await visitor.get("/api/board/v1/notes", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)

    async with bench.unit() as unit:
        await unit.connection.execute(text("insert into notes (name, words) values ('fair', 'Messe')"))
    fresh = await visitor.get("/api/board/v1/notes", headers=known)
    assert (fresh.status_code, fresh.content) == (200, b'["fair"]')
    one = await visitor.get("/api/board/v1/notes/fair")
    assert one.headers["content-type"] == "text/plain; charset=utf-8"
    assert one.headers["cache-control"] == "public, no-cache"


def manifest(routes: list[dict[str, object]], *public: str) -> Manifest:
    about = {"name": "board", "title": "Board", "version": "0.1.0", "sdk": ">=0.1", "routes": routes}
    return Manifest.model_validate({**about, "public": [{"path": path} for path in public]})


API: dict[str, object] = {"path": "/api/board/v1", "kind": "api"}


@pytest.mark.parametrize(
    ("routes", "path"),
    [
        ([], "/api/board/v1/notes"),
        ([API], "/api/other/v1/notes"),
        ([{**API, "kind": "page"}], "/api/board/v1/notes"),
        ([{**API, "roles": ["clerk"]}], "/api/board/v1/notes"),
        ([API, {**API, "path": "/api/board/v1/notes", "roles": ["clerk"]}], "/api/board/v1/notes/x"),
        ([API, {**API, "path": "/api/board/v1/notes", "roles": ["clerk"]}], "/api/board/v1/notes/*"),
        ([API], "/api/board/v1/../v1"),
        ([API], "/api/board/v1/*/x"),
        ([API], "/api/board/v1/"),
        ([API], "*"),
    ],
)
def test_public_is_only_what_everyone_may_ask_the_api_for(routes: list[dict[str, object]], path: str) -> None:
    with pytest.raises(ValidationError, match="public"):
        manifest(routes, path)


def test_a_manifest_says_which_paths_are_public() -> None:
    closed: dict[str, object] = {"path": "/api/board/v1/notes/closed", "kind": "api", "roles": ["clerk"]}
    board = manifest([API, closed], "/api/board/v1/notes/*", "/api/board/v1/now")
    assert board.publishes("/api/board/v1/now")
    assert board.publishes("/api/board/v1/notes/fair")
    assert board.publishes("/api/board/v1/notes/fair/photo")
    assert not board.publishes("/api/board/v1/notes")
    assert not board.publishes("/api/board/v1/notes/")
    assert not board.publishes("/api/board/v1/nowhere")
    assert not board.publishes("/api/board/v1/now/here")
    assert not board.publishes("/api/board/v1/notes/closed")
    assert not board.publishes("/api/board/v1/notes/closed/doors")
