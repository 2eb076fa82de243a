# SPDX-License-Identifier: EUPL-1.2
"""Links that end a subscription without a login: the subscription's random id, signed for its tenant."""

import base64
import hashlib
import hmac
from typing import Final

from mash_sdk.tenants import Tenants

PATH: Final = "/api/notify/v1/unsubscribe/"
_BYTES: Final = 16


class UnsubscribeLinks:
    """HMAC-SHA-256, cut to 128 bits. A link holds as long as its subscription."""

    def __init__(self, tenants: Tenants, key: str) -> None:
        self._tenants = tenants
        self._key = key.encode()

    def unsubscribe(self, tenant: str, subscription_id: str) -> str:
        return self._tenants.url(tenant, f"{PATH}{subscription_id}.{self._mac(tenant, subscription_id)}")

    def read(self, tenant: str, token: str) -> str | None:
        subscription_id, _, mac = token.rpartition(".")
        expected = self._mac(tenant, subscription_id)
        return subscription_id if hmac.compare_digest(mac.encode(), expected.encode()) else None

    def _mac(self, tenant: str, subscription_id: str) -> str:
        said = f"unsubscribe {tenant} {subscription_id}".encode()
        digest = hmac.new(self._key, said, hashlib.sha256).digest()[:_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
