# SPDX-License-Identifier: EUPL-1.2
"""A line of the audit trail. The chain that lines make is the SDK's (mash_sdk.audit)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Line:
    """Who saw or changed what, and when. Actors are subjects or clients' names; nothing in it is personal."""

    tenant: str
    id: str
    at: datetime
    action: str
    application_id: str | None
    actor_kind: str
    actor: str
    purpose: str
    detail: str = ""
    words: bytes | None = None
    """What somebody wrote, under the key of the application: unreadable once that is gone, and chained."""

    def told(self) -> Mapping[str, object]:
        """Return what its hash covers: times in UTC with microseconds, of words their own hash."""
        told: dict[str, object] = {
            "tenant": self.tenant,
            "id": self.id,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "action": self.action,
            "application_id": self.application_id,
            "actor_kind": self.actor_kind,
            "actor": self.actor,
            "purpose": self.purpose,
            "detail": self.detail,
        }
        if self.words is not None:
            told["words"] = hashlib.sha256(self.words).hexdigest()
        return told
