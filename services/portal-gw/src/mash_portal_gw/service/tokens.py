# SPDX-License-Identifier: EUPL-1.2
"""A token for each module alone: what a person's token is exchanged for before a request goes on."""

import hashlib
from datetime import timedelta
from typing import Final

from mash_portal_gw.service.ports import IdentityProvider
from mash_sdk.alone import Alone
from mash_sdk.clock import Clock
from mash_sdk.recent import Recent

EARLY: Final = timedelta(seconds=15)
"""An exchanged token is not used any more this long before its end."""


class ModuleTokens:
    """Exchanges tokens (RFC 8693) and remembers the answers until shortly before their end."""

    def __init__(self, provider: IdentityProvider, clock: Clock, own: str) -> None:
        """`own`: the gateway's client; its own pages take the token as it is."""
        self._provider = provider
        self._clock = clock
        self._own = own
        self._kept: Recent[tuple[bytes, str], str] = Recent(50_000)
        self._alone: Alone[str] = Alone()

    async def of(self, tenant: str, access: str, service: str) -> str:
        """A token for `service` in place of `access`, which was verified before. Raise Unavailable."""
        if service == self._own:
            return access
        key = (hashlib.sha256(access.encode()).digest(), service)
        kept = self._kept.get(key, self._clock.now().timestamp())
        if kept is not None:
            return kept
        return await self._alone.run(key, lambda: self._exchange(tenant, access, service, key))

    def known(self, digest: bytes, service: str, now: float) -> str | None:
        """The token for `service` in place of the one of this SHA-256, if it was exchanged before."""
        return self._kept.get((digest, service), now)

    async def close(self) -> None:
        await self._alone.close()

    async def _exchange(self, tenant: str, access: str, service: str, key: tuple[bytes, str]) -> str:
        token, ends = await self._provider.exchange(tenant, access, service)
        self._kept.put(key, token, (ends - EARLY).timestamp())
        return token
