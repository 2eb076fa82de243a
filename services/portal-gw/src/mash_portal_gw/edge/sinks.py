# SPDX-License-Identifier: EUPL-1.2
"""Where a module's answer goes: to the client as it is, or framed by the portal's shell."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from mash_portal_gw.edge.answers import Headers, Send, send_body
from mash_portal_gw.edge.headers import BODILESS, SecurityHeaders, to_client, value_of
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.shell import Shell, View
from mash_sdk import journey
from mash_sdk.problems import MEDIA_TYPE, Problem

PROBLEM_BYTES: Final = 64 << 10
_JOURNEY: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_REDIRECT: Final = range(300, 400)
_REFUSED: Final = 400

ErrorPage = Callable[[Problem], bytes]


@dataclass(slots=True)
class Plain:
    """To the client as it is, with what every answer says."""

    send: Send
    request: Request
    security: SecurityHeaders
    extra: Headers
    status: int = 0

    async def start(self, status: int, headers: Headers) -> None:
        self.status = status
        _join_journey(headers)
        passed = to_client(headers, framed=False, status=status)
        if value_of(passed, b"cache-control") is None:
            passed.append((b"cache-control", b"no-store"))
        said = self.security.data(https=self.request.https)
        await self.send(
            {"type": "http.response.start", "status": status, "headers": [*passed, *said, *self.extra]}
        )

    async def part(self, data: bytes, *, last: bool) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": not last})


@dataclass(slots=True)
class Framed:
    """An HTML page goes into the shell, a problem becomes a page, all else passes as it is."""

    send: Send
    request: Request
    security: SecurityHeaders
    extra: Headers
    shell: Shell
    view: View
    error_page: ErrorPage
    status: int = 0
    _after: bytes = b""
    _before: bytes = b""
    _problem: bytearray | None = field(default=None)
    _too_long: bool = False

    async def start(self, status: int, headers: Headers) -> None:
        self.status = status
        _join_journey(headers)
        kind = (value_of(headers, b"content-type") or b"").partition(b";")[0].strip().lower()
        if status >= _REFUSED and kind == MEDIA_TYPE.encode() and self.request.wants_html:
            self._problem = bytearray()
            self.extra += [(n, v) for n, v in headers if n in (b"retry-after", b"allow")]
            return
        framed = kind == b"text/html" and status not in _REDIRECT and status not in BODILESS
        passed = to_client(headers, framed=framed, status=status)
        if framed:
            title = unquote((value_of(headers, b"mash-title") or b"").decode("ascii", "replace"))
            self._before, self._after = self.shell.frame(self.view, title or "Seite")
            passed = [(name, value) for name, value in passed if name != b"cache-control"]
            # The frame shows who is logged in: nobody else may ever get this answer.
            passed.append(
                (b"cache-control", b"no-store" if self.view.name is not None else b"private, no-cache")
            )
            said = self.security.page(https=self.request.https)
        else:
            said = self.security.data(https=self.request.https)
            if value_of(passed, b"cache-control") is None:
                passed.append((b"cache-control", b"no-store"))
        await self.send(
            {"type": "http.response.start", "status": status, "headers": [*passed, *said, *self.extra]}
        )

    async def part(self, data: bytes, *, last: bool) -> None:
        if self._problem is not None:
            await self._collect(data, last=last)
            return
        if self._before:
            data, self._before = self._before + data, b""
        await self.send(
            {
                "type": "http.response.body",
                "body": data + self._after if last else data,
                "more_body": not last,
            }
        )

    async def _collect(self, data: bytes, *, last: bool) -> None:
        assert self._problem is not None  # noqa: S101 — part() asks before
        if len(self._problem) + len(data) <= PROBLEM_BYTES:
            self._problem += data
        if last:
            page = self.error_page(_problem_of(self.status, bytes(self._problem)))
            headers: Headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"cache-control", b"no-store"),
                *self.security.page(https=self.request.https),
                *self.extra,
            ]
            await send_body(self.send, self.status, headers, page, head_only=self.request.method == "HEAD")


def _problem_of(status: int, document: bytes) -> Problem:
    try:
        said = json.loads(document)
        kind = str(said.get("type", "")).rpartition("/")[2] or "problem"
        return Problem(str(said.get("detail") or ""), status=status, title=str(said.get("title")), kind=kind)
    except (ValueError, AttributeError):
        return Problem("", status=status, title="Das hat nicht geklappt", kind="problem")


def _join_journey(headers: Headers) -> None:
    told = value_of(headers, b"mash-journey")
    if told is not None:
        name = told.decode("ascii", "replace")
        if _JOURNEY.fullmatch(name):
            journey.join(name)
