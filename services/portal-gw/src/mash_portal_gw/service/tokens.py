# SPDX-License-Identifier: EUPL-1.2
"""A token for each module alone: what a person's token is exchanged for before a request goes on."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mash_portal_gw.service.ports import IdentityProvider
from mash_sdk.alone import Alone
from mash_sdk.clock import Clock
from mash_sdk.problems import Unauthenticated, Unavailable
from mash_sdk.recent import Recent

EARLY: Final = timedelta(seconds=15)
"""An exchanged token is not used any more this long before its end."""
AGAIN_WHEN_AWAY: Final = 5.0
"""Seconds until a provider that did not answer is asked again."""

_Key = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class _Exchanged:
    token: str
    good: float
    """POSIX seconds until which nobody is asked again."""
    ends: float


class ModuleTokens:
    """Exchanges tokens (RFC 8693) and remembers the answers until shortly before their end.

    From time to time the provider is asked again: it says no for a token that was revoked, or whose login has
    ended. While it does not answer, what it said before holds.
    """

    def __init__(self, provider: IdentityProvider, clock: Clock, own: str, *, again: float) -> None:
        """`own`: the gateway's client; its own pages take the token as it is. `again`: seconds."""
        self._provider = provider
        self._clock = clock
        self._own = own
        self._again = again
        self._kept: Recent[_Key, _Exchanged] = Recent(50_000)
        self._refused: Recent[_Key, bool] = Recent(10_000)
        self._alone: Alone[str] = Alone()

    async def of(self, tenant: str, access: str, service: str) -> str:
        """A token for `service` in place of `access`, which was verified before.

        Raise Unauthenticated if it was revoked, Unavailable.
        """
        if service == self._own:
            return access
        key = (hashlib.sha256(access.encode()).digest(), service)
        now = self._clock.now().timestamp()
        kept = self._kept.get(key, now)
        if kept is not None and now < kept.good:
            return kept.token
        if self._refused.get(key, now):
            raise Unauthenticated("Das Token gilt nicht mehr.", kind="token-revoked")
        return await self._alone.run(key, lambda: self._exchange(tenant, access, key, kept))

    def known(self, digest: bytes, service: str, now: float) -> str | None:
        """The token for `service` in place of the one of this SHA-256, if nobody has to be asked for it."""
        kept = self._kept.get((digest, service), now)
        return kept.token if kept is not None and now < kept.good else None

    async def close(self) -> None:
        await self._alone.close()

    async def _exchange(self, tenant: str, access: str, key: _Key, before: _Exchanged | None) -> str:
        now = self._clock.now().timestamp()
        try:
            token, ends = await self._provider.exchange(tenant, access, key[1])
        except Unavailable as err:
            if before is None or err.kind == "no-token":
                self._kept.drop(key)
                raise
            kept = _Exchanged(before.token, now + AGAIN_WHEN_AWAY, before.ends)
        except Unauthenticated:
            self._kept.drop(key)
            self._refused.put(key, True, now + self._again)
            raise
        else:
            kept = _Exchanged(token, now + self._again, (ends - EARLY).timestamp())
        self._kept.put(key, kept, kept.ends)
        return kept.token
