# SPDX-License-Identifier: EUPL-1.2
"""Sessions of browsers: opened at login, found at each request, their tokens renewed, ended at logout."""

import hashlib
import json
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mash_portal_gw.model.session import Session, Tokens
from mash_portal_gw.service.ports import IdentityProvider, Row, SessionStore, Units
from mash_portal_gw.service.sealing import Broken, Sealer
from mash_sdk.alone import Alone
from mash_sdk.clock import Clock
from mash_sdk.problems import Problem, Unauthenticated
from mash_sdk.recent import Recent

log = logging.getLogger(__name__)

SEEN_EVERY: Final = timedelta(seconds=60)
_TOKENS: Final = "session tokens"
_Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session holds: without a request, at most, and in memory without a look at the database."""

    idle: timedelta
    longest: timedelta
    cached: timedelta


class Sessions:
    """The edge is their door: each call opens a unit of its own, and none calls Keycloak inside it."""

    def __init__(
        self,
        provider: IdentityProvider,
        store: SessionStore,
        units: Units,
        sealer: Sealer,
        clock: Clock,
        lives: Lifetimes,
    ) -> None:
        self._provider = provider
        self._store = store
        self._units = units
        self._sealer = sealer
        self._clock = clock
        self._lives = lives
        self._recent: Recent[_Key, Session] = Recent(20_000)
        self._nobody: Recent[_Key, bool] = Recent(20_000)
        self._alone: Alone[Session | None] = Alone()

    async def open(self, tenant: str, tokens: Tokens, old: str | None) -> str:
        """A session under a new id; the browser's `old` one ends. Returns the secret for its cookie."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        session = Session(_id_of(secret), tenant, now, now, 1, tokens)
        async with self._units(tenant) as unit:
            if old is not None:
                await self._store.drop(unit, _id_of(old))
            await self._store.add(unit, self._row(session, secret))
        if old is not None:
            self._recent.drop((tenant, _id_of(old)))
        self._remember(session)
        return secret

    async def find(self, tenant: str, secret: str) -> Session | None:
        """Whom the cookie stands for. None: nobody, or not any more. Unavailable: it cannot be known now."""
        key = (tenant, _id_of(secret))
        now = self._clock.now()
        session = self._recent.get(key, now.timestamp())
        if session is None:
            if self._nobody.get(key, now.timestamp()):
                return None
            session = await self._alone.run(key, lambda: self._load(key, secret))
        if session is None or session.ended(now, self._lives.idle, self._lives.longest):
            return None
        return session

    async def current(self, session: Session, secret: str) -> Session:
        """The same session with an access token that still holds.

        Raise Unauthenticated when the person's login has ended, Unavailable when Keycloak does not answer.
        """
        if not session.tokens.spent(self._clock.now()):
            return session
        key = (session.tenant, session.id, "refresh")
        fresh = await self._alone.run(key, lambda: self._refresh(session, secret))
        if fresh is None:
            raise Unauthenticated("Ihre Anmeldung ist abgelaufen.", kind="session-ended")
        return fresh

    async def end(self, tenant: str, secret: str) -> None:
        """End it here, then at Keycloak; if that does not answer, its own session runs out by itself."""
        key = (tenant, _id_of(secret))
        session = await self.find(tenant, secret)
        async with self._units(tenant) as unit:
            await self._store.drop(unit, key[1])
        self._recent.drop(key)
        if session is not None:
            try:
                await self._provider.log_out(tenant, session.tokens)
            except Problem as problem:
                log.warning("Keycloak was not told of a logout: %s", problem.kind)

    def csrf(self, session: Session | None, tenant: str) -> str:
        """What this browser's forms carry."""
        return self._sealer.csrf(session.id if session is not None else f"visitor of {tenant}".encode())

    async def close(self) -> None:
        await self._alone.close()

    async def _load(self, key: _Key, secret: str) -> Session | None:
        now = self._clock.now()
        tenant, session = key
        async with self._units(tenant) as unit:
            row = await self._store.get(unit, session)
            if row is not None and now - row.seen_at >= SEEN_EVERY and now < row.expires_at:
                row = replace(row, seen_at=now, expires_at=self._expiry(row.created_at, now))
                await self._store.seen(unit, row.id, row.seen_at, row.expires_at)
        if row is None or now >= row.expires_at:
            self._nobody.put(key, True, (now + self._lives.cached).timestamp())
            return None
        try:
            tokens = _tokens(self._sealer.open(row.sealed, _TOKENS, secret.encode()))
        except Broken:
            log.warning("a session cannot be opened: the session key was changed")
            return None
        found = Session(row.id, tenant, row.created_at, row.seen_at, row.version, tokens)
        self._remember(found)
        return found

    async def _refresh(self, session: Session, secret: str) -> Session | None:
        key = (session.tenant, session.id)
        try:
            tokens = await self._provider.refresh(session.tenant, session.tokens)
        except Unauthenticated:
            self._recent.drop(key)
            newer = await self._load(key, secret)
            if newer is not None and newer.version > session.version:
                return newer  # another instance was quicker with the same refresh token
            async with self._units(session.tenant) as unit:
                await self._store.drop(unit, session.id)
            self._recent.drop(key)
            return None
        fresh = replace(session, tokens=tokens, version=session.version + 1)
        async with self._units(session.tenant) as unit:
            won = await self._store.renewed(unit, self._row(fresh, secret))
        if not won:
            self._recent.drop(key)
            return await self._load(key, secret)
        self._remember(fresh)
        return fresh

    def _remember(self, session: Session) -> None:
        until = self._clock.now() + self._lives.cached
        self._recent.put((session.tenant, session.id), session, until.timestamp())

    def _row(self, session: Session, secret: str) -> Row:
        return Row(
            id=session.id,
            subject=session.tokens.subject,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=self._expiry(session.created_at, session.seen_at),
            version=session.version,
            sealed=self._sealer.seal(_plain(session.tokens), _TOKENS, secret.encode()),
        )

    def _expiry(self, created_at: datetime, seen_at: datetime) -> datetime:
        return min(seen_at + self._lives.idle, created_at + self._lives.longest)


def _id_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _plain(tokens: Tokens) -> bytes:
    fields = [tokens.access, tokens.access_until.timestamp(), tokens.refresh, tokens.id_token]
    return json.dumps([*fields, tokens.subject, tokens.name, sorted(tokens.roles)]).encode()


def _tokens(plain: bytes) -> Tokens:
    access, until, refresh, id_token, subject, name, roles = json.loads(plain)
    ends = datetime.fromtimestamp(until, tz=UTC)
    return Tokens(access, ends, refresh, id_token, subject, name, frozenset(roles))
