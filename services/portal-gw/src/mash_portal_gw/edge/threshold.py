# SPDX-License-Identifier: EUPL-1.2
"""Before the door: how many connections a client may hold, and refusals of what never became a request."""

import json
from collections import Counter
from dataclasses import dataclass

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from mash_portal_gw.edge.answers import problem_headers
from mash_portal_gw.edge.headers import Headers, SecurityHeaders
from mash_portal_gw.edge.limits import client_key
from mash_portal_gw.edge.request import is_ours, shown
from mash_portal_gw.model.network import Network
from mash_portal_gw.signals import TURNED_AWAY
from mash_sdk.http.answers import problem_document
from mash_sdk.problems import MEDIA_TYPE, Problem
from mash_sdk.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Crowd:
    """Connections at most: of one client (our own proxies speak for many and have no such limit), of all."""

    each: int
    together: int


class Threshold:
    """Where connections are counted before anything is read from them."""

    def __init__(
        self,
        telemetry: Telemetry,
        security: SecurityHeaders,
        trusted: tuple[Network, ...],
        crowd: Crowd,
    ) -> None:
        self._telemetry = telemetry
        self._security = security
        self._trusted = trusted
        self._crowd = crowd
        self._held: Counter[str] = Counter()
        self._all = 0

    def __len__(self) -> int:
        return self._all

    def enter(self, address: str) -> bool:
        """Whether another connection from there may stay. Every one of them leaves once."""
        self._all += 1
        few = self._all <= self._crowd.together
        if is_ours(address, self._trusted):
            return few
        key = client_key(address)
        self._held[key] += 1
        return few and self._held[key] <= self._crowd.each

    def leave(self, address: str) -> None:
        self._all -= 1
        key = client_key(address)
        self._held[key] -= 1
        if self._held[key] <= 0:
            del self._held[key]

    def cut(self, reason: str) -> None:
        """Count a connection that ends without an answer."""
        self._telemetry.meters.count(TURNED_AWAY, 1, {"mash.reason": reason})

    def refuse(self, problem: Problem, url: bytes, *, https: bool) -> bytes:
        """The whole answer to bytes that are no request; it counts, and its trace can be found."""
        self.cut(problem.kind)
        with self._telemetry.door("refused") as door:
            door.span.set_attributes(
                {"http.response.status_code": problem.status, "error.type": problem.kind}
            )
            document = problem_document(problem, shown(url))
        body = json.dumps(document, ensure_ascii=False).encode()
        headers: Headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            *problem_headers(problem),
            *self._security.data(https=https),
        ]
        lines = b"".join(b"%b: %b\r\n" % field for field in headers)
        return b"%b%b\r\n%b" % (STATUS_LINE[problem.status], lines, body)
