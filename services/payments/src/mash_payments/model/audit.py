# SPDX-License-Identifier: EUPL-1.2
"""A line of the audit trail: who saw or changed which payment. The chain is the SDK's (mash_sdk.audit)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done. What payers do with their own payments is in the payments themselves."""

    SEARCHED = "searched"
    READ = "read"
    LINE_READ = "line-read"
    LINE_RESOLVED = "line-resolved"
    STATEMENT_LOADED = "statement-loaded"
    SETTLEMENT_READ = "settlement-read"
    REFUND_REQUESTED = "refund-requested"
    REFUND_FOUND_OUT = "refund-found-out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who saw or changed what, and when. `actor` is a person's subject; nothing in it is personal."""

    tenant: str
    id: str
    at: datetime
    action: str
    payment_id: str | None
    actor: str
    detail: str = ""

    def told(self) -> Mapping[str, object]:
        """What its hash covers; times in UTC with microseconds."""
        return {
            "tenant": self.tenant,
            "id": self.id,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "action": self.action,
            "payment_id": self.payment_id,
            "actor": self.actor,
            "detail": self.detail,
        }
