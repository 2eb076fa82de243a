# SPDX-License-Identifier: EUPL-1.2
"""SQL of the audit trail. The service's role may add to it and read it; the worker's may also seal it."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_payments.model import Action, AuditLine
from mash_payments.store.tables import audit
from mash_sdk.audit import Trail
from mash_sdk.database import Unit
from mash_sdk.ids import new_id


class AuditStore(Trail[AuditLine]):
    """Keeps the trail and its chain."""

    def __init__(self) -> None:
        super().__init__(audit, _line)

    async def note(
        self, unit: Unit, action: Action, by: str, payment_id: str | None = None, detail: str = ""
    ) -> None:
        """Add a line."""
        line = {
            "id": new_id(),
            "at": unit.clock.now(),
            "action": action.value,
            "payment_id": payment_id,
            "actor": by,
            "detail": detail,
        }
        await unit.connection.execute(insert(audit).values(line))


def _line(row: RowMapping) -> AuditLine:
    return AuditLine(
        row["tenant"], row["id"], row["at"], row["action"], row["payment_id"], row["actor"], row["detail"]
    )
