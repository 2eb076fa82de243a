# SPDX-License-Identifier: EUPL-1.2
"""The three limits of the front door: each client, each tenant, and logins of each client."""

import time
from collections.abc import Callable

from mash_portal_gw.edge.answers import Headers
from mash_portal_gw.edge.limits import Buckets, Rate, Verdict, client_key
from mash_portal_gw.edge.request import Request
from mash_portal_gw.signals import REFUSED_BY_LIMIT
from mash_sdk.problems import TooMany
from mash_sdk.telemetry import count


class Limiter:
    """Raises TooMany. What a client may know of its limit stands in RateLimit fields (draft-ietf-httpapi)."""

    def __init__(
        self, client: Rate, tenant: Rate, login: Rate, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = Buckets(client, now)
        self._tenant = Buckets(tenant, now)
        self._login = Buckets(login, now)
        window = max(1, round(client.burst / client.per_second))
        self._policy = b'"client";q=%d;w=%d' % (client.burst, window)

    def admit(self, client: str, tenant: str) -> bytes | None:
        """`client` and `tenant` at once: the RateLimit fields as lines, None if the request may not pass."""
        verdict = self._client.take(client_key(client))
        if not verdict.allowed or not self._tenant.take(tenant).allowed:
            return None
        return b'ratelimit-policy: %b\r\nratelimit: "client";r=%d;t=%d\r\n' % (
            self._policy,
            verdict.remaining,
            verdict.seconds,
        )

    def client(self, request: Request, said: Headers) -> None:
        """`said` gets the RateLimit fields, whether the request may pass or not."""
        verdict = self._client.take(client_key(request.client))
        said.append((b"ratelimit-policy", self._policy))
        said.append((b"ratelimit", b'"client";r=%d;t=%d' % (verdict.remaining, verdict.seconds)))
        _require(verdict, "client")

    def tenant(self, name: str) -> None:
        _require(self._tenant.take(name), "tenant")

    def login(self, request: Request) -> None:
        _require(self._login.take(client_key(request.client)), "login")


def _require(verdict: Verdict, limit: str) -> None:
    if not verdict.allowed:
        count(REFUSED_BY_LIMIT, attributes={"mash.limit": limit})
        raise TooMany("Bitte warten Sie einen Augenblick.", retry_after=verdict.seconds)
