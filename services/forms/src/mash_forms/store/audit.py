# SPDX-License-Identifier: EUPL-1.2
"""SQL of the audit trail. The service's role may add to it and read it; the worker's may also seal it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import literal, select, union, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.audit import Line
from mash_forms.service.ports import PLATFORM, Action, Actor, Gone
from mash_forms.service.trail import Known
from mash_forms.store.tables import (
    applications,
    attachments,
    audit,
    cosignatures,
    documents,
    drafts,
    issued_letters,
)
from mash_forms.store.vault import Vault
from mash_sdk.audit import Trail
from mash_sdk.database import Unit
from mash_sdk.ids import new_id


class AuditStore(Trail[Line]):
    """Keeps the trail and its chain."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(audit, _line)
        self._vault = vault

    async def note(
        self,
        unit: Unit,
        action: Action,
        application_id: str | None,
        by: Actor,
        purpose: str = "",
        detail: str = "",
        words: str = "",
    ) -> None:
        line = new_id()
        kept = None
        if words and application_id is not None:
            key = await self._vault.key(unit, application_id)
            kept = key.seal(words.encode(), f"audit/{line}")
        await unit.connection.execute(
            insert(audit).values(
                id=line,
                at=unit.clock.now(),
                action=action.value,
                application_id=application_id,
                actor_kind=by.kind,
                actor=by.name,
                purpose=purpose,
                detail=detail,
                words=kept,
            )
        )

    async def erased(self, unit: Unit, kind: str, gone: Sequence[Gone]) -> None:
        lines = [
            {
                "id": new_id(),
                "tenant": one.tenant,
                "at": unit.clock.now(),
                "action": Action.ERASED.value,
                "application_id": one.application_id,
                "actor_kind": PLATFORM.kind,
                "actor": PLATFORM.name,
                "purpose": "retention",
                "detail": kind,
            }
            for one in gone
        ]
        if lines:
            await unit.connection.execute(insert(audit), lines)

    async def newest(self, unit: Unit, application_id: str, action: Action) -> tuple[datetime, str] | None:
        found = await unit.connection.execute(
            select(audit)
            .where(audit.c.application_id == application_id, audit.c.action == action.value)
            .order_by(audit.c.at.desc(), audit.c.id.desc())
            .limit(1)
        )
        row = found.mappings().first()
        if row is None:
            return None
        line = _line(row)
        return line.at, (await self.said(unit, [line])).get(line.id, "")

    async def known(self, unit: Unit, wanted: str) -> Known | None:
        kinds = [
            select(literal("application"), applications.c.id, applications.c.applicant_subject).where(
                applications.c.id == wanted
            ),
            select(literal("draft"), drafts.c.id, drafts.c.subject).where(drafts.c.id == wanted),
            select(literal("document"), documents.c.application_id, applications.c.applicant_subject)
            .join(applications, applications.c.id == documents.c.application_id)
            .where(documents.c.id == wanted),
            select(literal("cosignature"), cosignatures.c.draft_id, cosignatures.c.applicant).where(
                cosignatures.c.id == wanted
            ),
            select(literal("file"), attachments.c.owner, attachments.c.subject).where(
                attachments.c.id == wanted
            ),
        ]
        row = (await unit.connection.execute(union_all(*kinds).limit(1))).first()
        return Known(*row) if row is not None else None

    async def of(self, unit: Unit, application_id: str, limit: int) -> Sequence[Line]:
        found = await unit.connection.execute(
            select(audit)
            .where(audit.c.application_id == application_id)
            .order_by(audit.c.at.desc(), audit.c.id.desc())
            .limit(limit)
        )
        return [_line(row) for row in found.mappings()]

    async def said(self, unit: Unit, lines: Sequence[Line]) -> Mapping[str, str]:
        spoken = [line for line in lines if line.words is not None and line.application_id]
        keys = await self._vault.keys(unit, [line.application_id or "" for line in spoken])
        return {
            line.id: keys[line.application_id].open(line.words, f"audit/{line.id}").decode()
            for line in spoken
            if line.words is not None and line.application_id in keys
        }

    async def whose(self, unit: Unit, reference: str) -> str | None:
        # What is confirmed about a letter outlives its application, and leads to its lines.
        there = select(applications.c.id).where(applications.c.reference == reference)
        was = select(issued_letters.c.application_id).where(issued_letters.c.reference == reference)
        found = await unit.connection.scalars(union(there, was).limit(1))
        return found.one_or_none()


def _line(row: RowMapping) -> Line:
    return Line(
        row["tenant"],
        row["id"],
        row["at"],
        row["action"],
        row["application_id"],
        row["actor_kind"],
        row["actor"],
        row["purpose"],
        row["detail"],
        bytes(row["words"]) if row["words"] is not None else None,
    )
