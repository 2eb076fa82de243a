# SPDX-License-Identifier: EUPL-1.2
"""The three limits of the front door: each client, each tenant, and logins of each client."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from mash_portal_gw.edge.answers import Headers
from mash_portal_gw.edge.limits import Buckets, Rate, Verdict, client_key
from mash_portal_gw.edge.request import Request
from mash_portal_gw.signals import REFUSED_BY_LIMIT
from mash_sdk.problems import TooMany
from mash_sdk.telemetry import count

TOLD: Final = 2000
"""Clients of whom others are told at once, at most: those who asked most."""

Passed = Mapping[str, Mapping[str, int]]
"""How often each key passed, by limit."""


class Limiter:
    """Raises TooMany. What a client may know of its limit stands in RateLimit fields (draft-ietf-httpapi)."""

    def __init__(
        self,
        client: Rate,
        tenant: Rate,
        login: Rate,
        secret: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`secret`: clients are known by a keyed hash of their address only, to those with the same one."""
        self._client = Buckets(client, now)
        self._tenant = Buckets(tenant, now)
        self._login = Buckets(login, now)
        self._shared = {"client": self._client, "tenant": self._tenant, "login": self._login}
        key = hmac.digest(secret.encode(), b"mash limits", hashlib.sha256)

        @lru_cache(maxsize=8192)
        def mark(address: str) -> str:
            return hashlib.blake2b(client_key(address).encode(), digest_size=12, key=key).hexdigest()

        self._mark = mark
        window = max(1, round(client.burst / client.per_second))
        self._policy = b'"client";q=%d;w=%d' % (client.burst, window)

    def admit(self, client: str, tenant: str) -> bytes | None:
        """`client` and `tenant` at once: the RateLimit fields as lines, None if the request may not pass."""
        verdict = self._client.take(self._mark(client))
        if not verdict.allowed or not self._tenant.take(tenant).allowed:
            return None
        return b'ratelimit-policy: %b\r\nratelimit: "client";r=%d;t=%d\r\n' % (
            self._policy,
            verdict.remaining,
            verdict.seconds,
        )

    def client(self, request: Request, said: Headers) -> None:
        """`said` gets the RateLimit fields, whether the request may pass or not."""
        verdict = self._client.take(self._mark(request.client))
        said.append((b"ratelimit-policy", self._policy))
        said.append((b"ratelimit", b'"client";r=%d;t=%d' % (verdict.remaining, verdict.seconds)))
        _require(verdict, "client")

    def tenant(self, name: str) -> None:
        _require(self._tenant.take(name), "tenant")

    def login(self, request: Request) -> None:
        _require(self._login.take(self._mark(request.client)), "login")

    def passed(self) -> Passed:
        """What the other gateways should know, once."""
        said = {limit: buckets.passed(TOLD) for limit, buckets in self._shared.items()}
        return {limit: passed for limit, passed in said.items() if passed}

    def unsay(self, said: Passed) -> None:
        """Nobody heard it."""
        for limit, passed in said.items():
            self._shared[limit].unsay(passed)

    def debit(self, heard: Passed, ago: float) -> None:
        """Another gateway let so many pass, `ago` seconds ago."""
        for limit, passed in heard.items():
            if limit in self._shared:
                for key, times in passed.items():
                    self._shared[limit].debit(key, times, ago)


def _require(verdict: Verdict, limit: str) -> None:
    if not verdict.allowed:
        count(REFUSED_BY_LIMIT, attributes={"mash.limit": limit})
        raise TooMany("Bitte warten Sie einen Augenblick.", retry_after=verdict.seconds)
