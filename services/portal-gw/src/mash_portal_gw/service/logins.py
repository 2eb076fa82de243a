# SPDX-License-Identifier: EUPL-1.2
"""The way to Keycloak and back: authorization code with PKCE, tied to the browser that began it."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from mash_portal_gw.model.session import Attempt
from mash_portal_gw.service.ports import IdentityProvider
from mash_portal_gw.service.sealing import Broken, Sealer
from mash_portal_gw.service.sessions import Sessions
from mash_sdk.clock import Clock
from mash_sdk.problems import Problem

LOGIN_TIME: Final = timedelta(minutes=10)
_ATTEMPT: Final = "login attempt"


class LoginExpired(Problem):
    """What came back belongs to no login of this browser: too late, another tab, or forged."""

    status, kind, title = 400, "login-expired", "Anmeldung abgelaufen"


class LoginRefused(Problem):
    """Keycloak did not log the person in, or they turned back."""

    status, kind, title = 403, "login-refused", "Anmeldung abgebrochen"


class Logins:
    def __init__(self, provider: IdentityProvider, sessions: Sessions, sealer: Sealer, clock: Clock) -> None:
        self._provider = provider
        self._sessions = sessions
        self._sealer = sealer
        self._clock = clock

    def begin(self, tenant: str, then: str, level: str = "") -> tuple[str, str]:
        """The page at Keycloak to go to, and the cookie that ties its return to this browser.

        `level`: the trust level to be reached; what was reached is in the token, and judged by services.
        """
        attempt = Attempt(
            tenant=tenant,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            then=then,
            until=self._clock.now() + LOGIN_TIME,
        )
        fields = [attempt.tenant, attempt.state, attempt.nonce, attempt.verifier, attempt.then]
        plain = json.dumps([*fields, attempt.until.timestamp()]).encode()
        sealed = base64.urlsafe_b64encode(self._sealer.seal(plain, _ATTEMPT)).rstrip(b"=").decode()
        return self._provider.login_url(attempt, level), sealed

    def returned(self, tenant: str, sealed: str, state: str, issuer: str | None) -> Attempt:
        """The login that this return belongs to. `issuer`: the parameter `iss` (RFC 9207), if it came."""
        attempt = self._opened(sealed)
        same = attempt is not None and secrets.compare_digest(
            attempt.state.encode(), state.encode("utf-8", "replace")
        )
        if attempt is None or not same or attempt.tenant != tenant or attempt.until <= self._clock.now():
            raise LoginExpired("Bitte melden Sie sich noch einmal an.")
        if issuer is not None and issuer != self._provider.issuer(tenant):
            raise LoginExpired("Die Antwort kam von einem anderen Anmeldedienst.")
        return attempt

    async def finish(self, attempt: Attempt, code: str, old: str | None) -> str:
        """Redeem the code and open the session; the browser's `old` one ends. Returns the cookie's secret."""
        tokens = await self._provider.redeem(attempt, code)
        return await self._sessions.open(attempt.tenant, tokens, old)

    def _opened(self, sealed: str) -> Attempt | None:
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            tenant, state, nonce, verifier, then, until = json.loads(self._sealer.open(raw, _ATTEMPT))
        except (Broken, ValueError):
            return None
        return Attempt(tenant, state, nonce, verifier, then, datetime.fromtimestamp(until, tz=UTC))
