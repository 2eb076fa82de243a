# SPDX-License-Identifier: EUPL-1.2
"""Answers the edge gives itself: problems, redirects, plain bodies."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from mash_sdk.http.answers import problem_document
from mash_sdk.problems import MEDIA_TYPE, Problem

Headers = list[tuple[bytes, bytes]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

NO_STORE: Final = (b"cache-control", b"no-store")
_CLOSES: Final = frozenset({400, 408, 413, 414, 431})
"""After these the connection is closed: what follows on it may be the rest of what was refused."""


async def send_body(
    send: Send, status: int, headers: Headers, body: bytes, *, head_only: bool = False
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": b"" if head_only else body})


def problem_headers(problem: Problem) -> Headers:
    headers: Headers = [NO_STORE]
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % problem.retry_after))
    if problem.status == 401:  # noqa: PLR2004 — RFC 9110 wants it
        headers.append((b"www-authenticate", b"Bearer"))
    if problem.status == 405:  # noqa: PLR2004 — RFC 9110 wants it
        headers.append((b"allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
    if problem.status == 426:  # noqa: PLR2004 — RFC 6455, 4.4
        headers.append((b"sec-websocket-version", b"13"))
    if problem.status in _CLOSES:
        headers.append((b"connection", b"close"))
    return headers


async def send_problem(
    send: Send, problem: Problem, path: str, extra: Headers, *, head_only: bool = False
) -> None:
    """The problem document (RFC 9457) with `extra` header fields."""
    body = json.dumps(problem_document(problem, path), ensure_ascii=False).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), *problem_headers(problem), *extra]
    await send_body(send, problem.status, headers, body, head_only=head_only)


async def send_redirect(send: Send, location: str, extra: Headers, status: int = 303) -> None:
    headers = [(b"location", location.encode("ascii")), NO_STORE, *extra]
    await send_body(send, status, headers, b"")
