# SPDX-License-Identifier: EUPL-1.2
"""The address a provider sends the payer back to. Its signature proves that we made it, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from mash_payments import signals
from mash_sdk.problems import Forbidden
from mash_sdk.telemetry import count


class Returns:
    """Makes and checks return addresses. `url` gives a tenant's outside URL for a path."""

    def __init__(self, secret: str, url: Callable[[str, str], str]) -> None:
        self._secret = secret.encode()
        self._url = url

    def address(self, tenant: str, attempt_id: str, *, gave_up: bool = False) -> str:
        """Where the provider has to send the payer of this attempt."""
        more = "&gave_up=true" if gave_up else ""
        return self._url(tenant, f"/pay-return/{attempt_id}?sig={self.sign(tenant, attempt_id)}{more}")

    def notify(self, tenant: str, provider: str) -> str:
        """Where a provider tells that something happened."""
        return self._url(tenant, f"/api/payments/v1/messages/{provider}")

    def sign(self, tenant: str, attempt_id: str) -> str:
        """HMAC-SHA256 over tenant and attempt, base64url without padding."""
        digest = hmac.new(self._secret, f"{tenant}\n{attempt_id}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def check(self, tenant: str, attempt_id: str, signature: str) -> None:
        """Raises Forbidden, and counts it, unless the signature is ours."""
        if not hmac.compare_digest(self.sign(tenant, attempt_id).encode(), signature.encode()):
            count(signals.RETURNS_REFUSED)
            raise Forbidden("Diese Rücksprungadresse stammt nicht von uns.", kind="wrong-signature")
