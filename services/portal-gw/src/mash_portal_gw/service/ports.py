# SPDX-License-Identifier: EUPL-1.2
"""What the use cases need from others: Keycloak, and a place where sessions rest."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mash_portal_gw.model.letter import Letter
from mash_portal_gw.model.origin import Origin
from mash_portal_gw.model.session import Attempt, Tokens
from mash_portal_gw.model.trace import Trace
from mash_sdk.database import Unit


class IdentityProvider(Protocol):
    """Keycloak. Every method raises Unavailable when it does not answer."""

    def issuer(self, tenant: str) -> str: ...

    def login_url(self, attempt: Attempt, level: str = "") -> str:
        """Where to send a browser. `level`: the trust level (acr) to be reached, if one is asked for."""
        ...

    async def redeem(self, attempt: Attempt, code: str) -> Tokens:
        """Tokens for a code. Raise LoginExpired-like problems if they are not what the attempt asked for."""
        ...

    async def refresh(self, tenant: str, tokens: Tokens) -> Tokens:
        """Raise Unauthenticated if the person's login has ended."""
        ...

    async def exchange(self, tenant: str, access: str, service: str) -> tuple[str, datetime]:
        """A token of the same person for `service` alone (RFC 8693), and when it ends."""
        ...

    async def reachable(self, tenant: str) -> None:
        """Raise Unavailable unless the realm answers: before a person is sent there."""
        ...

    async def log_out(self, tenant: str, tokens: Tokens) -> None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A session as it rests in the database."""

    id: bytes
    subject: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    version: int
    sealed: bytes


class SessionStore(Protocol):
    async def add(self, unit: Unit, row: Row) -> None: ...

    async def get(self, unit: Unit, session: bytes) -> Row | None: ...

    async def seen(self, unit: Unit, session: bytes, at: datetime, expires_at: datetime) -> None: ...

    async def renewed(self, unit: Unit, row: Row) -> bool:
        """Write new tokens unless another instance did so first: only over version - 1."""
        ...

    async def drop(self, unit: Unit, session: bytes) -> None: ...

    async def drop_expired(self, unit: Unit, now: datetime) -> int: ...


Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a transaction for a tenant and commits it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What another gateway let pass, by limit and key, and how many seconds ago it said so."""

    process: str
    turn: int
    passed: Mapping[str, Mapping[str, int]]
    ago: float


class Passings(Protocol):
    """What gateways tell each other of what they let pass."""

    async def say(
        self, unit: Unit, process: str, turn: int, passed: Mapping[str, Mapping[str, int]]
    ) -> None: ...

    async def others(self, unit: Unit, process: str, seconds: float) -> list[Heard]:
        """What all but `process` said in the last seconds, oldest first."""
        ...

    async def forget(self, unit: Unit, seconds: float) -> None:
        """Delete what was said longer ago."""
        ...


class TraceStore(Protocol):
    """Where spans are kept. Raises Unavailable when it does not answer, NotFound where there is none."""

    async def services(self) -> list[str]: ...

    async def of_journey(self, journey: str) -> list[Trace]:
        """Every trace of a journey, oldest first."""
        ...

    async def newest(self, service: str) -> list[Trace]: ...

    async def one(self, trace: str) -> Trace: ...


class Mailbox(Protocol):
    """What was sent, for those who look. Raises Unavailable, or NotFound where mail really leaves."""

    async def newest(self) -> list[Letter]: ...

    async def one(self, letter: str) -> Letter: ...


class ModuleDoors(Protocol):
    """What an instance says of itself."""

    async def openapi(self, origin: Origin) -> Mapping[str, Any]:
        """Its OpenAPI document. Raises Unavailable."""
        ...

    async def ready(self, origin: Origin) -> Mapping[str, str]:
        """What it depends on, by name, with `ok` or what is wrong; empty if it does not answer."""
        ...
