# SPDX-License-Identifier: EUPL-1.2
"""Who is logged in at a browser, for how long, and the login that is under way."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EARLY = timedelta(seconds=30)
"""A token counts as spent this long before its end."""

_NEXT = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@/%?]*")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Keycloak gave for one person. Kept sealed; none of it ever reaches the browser."""

    access: str = field(repr=False)
    access_until: datetime
    refresh: str = field(repr=False)
    id_token: str = field(repr=False)
    subject: str
    name: str = field(repr=False)
    roles: frozenset[str]

    def spent(self, now: datetime) -> bool:
        return self.access_until - EARLY <= now


@dataclass(frozen=True, slots=True)
class Session:
    """A login at one browser and one tenant. `id` is the hash of what the cookie holds, never that itself."""

    id: bytes = field(repr=False)
    tenant: str
    created_at: datetime
    seen_at: datetime
    version: int
    """Grows with each refresh of the tokens, so that of two instances only one wins."""
    tokens: Tokens

    def ended(self, now: datetime, idle: timedelta, longest: timedelta) -> bool:
        return now >= self.seen_at + idle or now >= self.created_at + longest


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login that was begun: what its return has to bring along. Travels sealed in a cookie of its own."""

    tenant: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    then: str
    """Where to go afterwards: a path of the same tenant."""
    until: datetime


def safe_next(wanted: str, prefix: str) -> str:
    """The path to go to after a login: `wanted` if it is one of this tenant, else its start page."""
    start = f"{prefix}/"
    if not _NEXT.fullmatch(wanted) or not wanted.startswith(start):
        return start
    path = wanted.partition("?")[0]
    if ".." in path.split("/") or "%" in path:
        return start
    if path.removeprefix(prefix) in ("/login", "/callback", "/logout"):
        return start
    return wanted
