# SPDX-License-Identifier: EUPL-1.2
"""SQL of applications with their history and decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.application import Applicant, Application, Claim, Decision, Outcome, State, Step
from mash_forms.model.consent import Consent
from mash_forms.model.money import Money
from mash_forms.model.processing import Automatic
from mash_forms.service.ports import Listing, Paging, QueueFilter
from mash_forms.store import sealed
from mash_forms.store.cursor import cursor_of, read_cursor
from mash_forms.store.queue import queued
from mash_forms.store.search import SearchStore
from mash_forms.store.tables import ID, TIME, applications, decisions, history
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit

_NOBODY = {"data": {}, "applicant_name": sealed.GONE, "applicant_email": ""}


class ApplicationStore:
    """Keeps applications with their history and decision; what is personal under the case's key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._index = SearchStore(vault)
        one = vault.with_key(select(applications), applications.c.id)
        self._get = one.where(applications.c.id == bindparam("application"))
        self._locked = self._get.with_for_update(of=applications)
        past = select(history).where(history.c.application_id == bindparam("application"))
        self._past = past.order_by(history.c.number)

    async def add(self, unit: Unit, application: Application) -> bool:
        key = await self._vault.key(unit, application.id)
        private = {
            "data": application.data,
            "applicant_name": application.applicant.name,
            "applicant_email": application.applicant.email,
            "consent": application.consent.plain() if application.consent else None,
        }
        row = {
            "id": application.id,
            "reference": application.reference,
            "form": application.form,
            "form_version": application.form_version,
            "applicant_subject": application.applicant.subject,
            "applicant_name": "",
            "applicant_email": "",
            "applicant_language": application.applicant.language,
            "applicant_email_verified": application.applicant.email_verified,
            "sealed": sealed.packed(key, sealed.APPLICATION, private),
            "fee_cents": application.fee.cents if application.fee else None,
            "fee_currency": application.fee.currency if application.fee else None,
            "receipt_number": application.receipt_number,
            "state": application.state.value,
            "submitted_at": application.submitted_at,
            "changed_at": application.changed_at,
            "office": application.office,
            "stage": application.stage,
            "due_on": application.due_on,
            "trust_level": application.trust_level,
        }
        kept = await unit.connection.execute(
            insert(applications)
            .values(row)
            .on_conflict_do_nothing(index_elements=["tenant", "id"])
            .returning(applications.c.id)
        )
        if kept.first() is None:
            return False
        await self._add_steps(unit, application)
        return True

    async def save(self, unit: Unit, application: Application) -> None:
        await unit.connection.execute(
            update(applications)
            .where(applications.c.id == application.id)
            .values(
                state=application.state.value,
                receipt_number=application.receipt_number,
                changed_at=application.changed_at,
                withdrawn_at=application.withdrawn_at,
                stage=application.stage,
                due_on=application.due_on,
                **await self._claimed(unit, application),
            )
        )
        if application.replaced is not None:
            await self._replace(unit, application, application.replaced)
        if application.decision is not None:
            decision = application.decision
            key = await self._vault.key(unit, application.id)
            await unit.connection.execute(
                insert(decisions)
                .values(
                    id=decision.id,
                    application_id=application.id,
                    outcome=decision.outcome.value,
                    reason="",
                    automatic=decision.automatic is not None,
                    sealed=sealed.packed(key, sealed.DECISION, _said(decision)),
                    decided_by=decision.decided_by,
                    decided_at=decision.decided_at,
                    proposed_by=decision.proposed_by,
                )
                .on_conflict_do_nothing(index_elements=["tenant", "id"])
            )
        await self._add_steps(unit, application)

    async def get(self, unit: Unit, application_id: str) -> Application | None:
        return await self._one(unit, self._get, application_id)

    async def locked(self, unit: Unit, application_id: str) -> Application | None:
        return await self._one(unit, self._locked, application_id)

    async def reference_taken(self, unit: Unit, reference: str) -> bool:
        found = await unit.connection.execute(
            select(literal(1)).where(applications.c.reference == reference).limit(1)
        )
        return found.first() is not None

    async def own(self, unit: Unit, subject: str, paging: Paging) -> Listing:
        order = tuple_(applications.c.submitted_at, applications.c.id)
        wanted = (
            select(applications)
            .where(applications.c.applicant_subject == subject)
            .order_by(applications.c.submitted_at.desc(), applications.c.id.desc())
        )
        if paging.after is not None:
            _, at, last = read_cursor(paging.after)
            wanted = wanted.where(order < tuple_(literal(at, TIME), literal(last, ID)))
        return await self._listing(unit, wanted, paging)

    async def queue(self, unit: Unit, wanted: QueueFilter, paging: Paging) -> Listing:
        words = await self._index.found(unit, wanted.words) if wanted.words is not None else None
        listing = await self._listing(unit, queued(wanted, paging.after, words), paging)
        if wanted.words is None:
            return listing
        return replace(listing, capped=await self._index.holds_more(unit, wanted.words))

    async def _listing(self, unit: Unit, query: Select[Any], paging: Paging) -> Listing:
        rows = (await unit.connection.execute(query.limit(paging.limit + 1))).mappings().all()
        shown = rows[: paging.limit]
        more = cursor_of(shown[-1]) if len(rows) > len(shown) else None
        keys = await self._vault.keys(unit, [row["id"] for row in shown])
        decided = await self._decisions(unit, [row["id"] for row in shown], keys)
        return Listing(
            [_application(row, decided.get(row["id"]), [], keys.get(row["id"])) for row in shown], more
        )

    async def _one(self, unit: Unit, query: Select[Any], application_id: str) -> Application | None:
        told = {"application": application_id}
        row = (await unit.connection.execute(query, told)).mappings().first()
        if row is None:
            return None
        steps = await unit.connection.execute(self._past, told)
        key = await self._vault.key_of(unit, row, application_id)
        decided = await self._decisions(unit, [application_id], {application_id: key} if key else {})
        past = [
            Step(State(step["state"]), step["at"], step["by"], step["stage"]) for step in steps.mappings()
        ]
        return _application(row, decided.get(application_id), past, key)

    async def _decisions(
        self, unit: Unit, ids: Sequence[str], keys: Mapping[str, CaseKey]
    ) -> dict[str, Decision]:
        if not ids:
            return {}
        found = await unit.connection.execute(
            select(decisions).where(decisions.c.application_id.in_(ids), decisions.c.reversed_at.is_(None))
        )
        return {
            row["application_id"]: _decision(row, keys.get(row["application_id"])) for row in found.mappings()
        }

    async def _replace(self, unit: Unit, application: Application, before: Decision) -> None:
        """The decision of before holds no longer; until when all is kept is worked out anew."""
        by = application.decision.decided_by if application.decision else None
        await unit.connection.execute(
            update(decisions)
            .where(decisions.c.id == before.id)
            .values(reversed_at=application.changed_at, reversed_by=by)
        )
        await unit.connection.execute(
            update(applications).where(applications.c.id == application.id).values(delete_after=None)
        )

    async def _claimed(self, unit: Unit, application: Application) -> dict[str, Any]:
        claim = application.claim
        if claim is None:
            return dict.fromkeys(("claimed_by", "claimed_name", "claimed_at", "claimed_sealed"))
        key = await self._vault.key(unit, application.id)
        packed = key.seal(claim.name.encode(), sealed.CLAIM)
        return {
            "claimed_by": claim.by,
            "claimed_name": "",
            "claimed_at": claim.at,
            "claimed_sealed": packed,
        }

    async def _add_steps(self, unit: Unit, application: Application) -> None:
        new = application.history[application.stored_steps :]
        if not new:
            return
        rows = [
            {
                "application_id": application.id,
                "number": number,
                "state": step.state.value,
                "at": step.at,
                "by": step.by,
                "stage": step.stage,
            }
            for number, step in enumerate(new, start=application.stored_steps + 1)
        ]
        await unit.connection.execute(insert(history), rows)
        application.stored_steps = len(application.history)


def _claim(row: RowMapping, key: CaseKey | None) -> Claim | None:
    if not row["claimed_by"]:
        return None
    kept, name = row["claimed_sealed"], row["claimed_name"] or ""
    if kept is not None:
        name = key.open(bytes(kept), sealed.CLAIM).decode() if key is not None else ""
    return Claim(row["claimed_by"], name, row["claimed_at"])


def _said(decision: Decision) -> dict[str, Any]:
    automatic = decision.automatic
    return {"reason": decision.reason} | ({"automatic": automatic.to_json()} if automatic else {})


def _decision(row: RowMapping, key: CaseKey | None) -> Decision:
    private = sealed.unpacked(key, sealed.DECISION, row, {"reason": sealed.GONE})
    automatic = private.get("automatic")
    return Decision(
        row["id"],
        Outcome(row["outcome"]),
        private["reason"],
        row["decided_by"],
        row["decided_at"],
        row["proposed_by"],
        Automatic.of_json(automatic) if automatic else None,
    )


def _application(
    row: RowMapping, decision: Decision | None, past: list[Step], key: CaseKey | None
) -> Application:
    private = sealed.unpacked(key, sealed.APPLICATION, row, _NOBODY)
    return Application(
        id=row["id"],
        reference=row["reference"],
        form=row["form"],
        form_version=row["form_version"],
        applicant=Applicant(
            row["applicant_subject"],
            private["applicant_name"],
            private["applicant_email"],
            row["applicant_language"],
            row["applicant_email_verified"],
        ),
        data=private["data"],
        fee=Money(row["fee_cents"], row["fee_currency"]) if row["fee_cents"] is not None else None,
        submitted_at=row["submitted_at"],
        state=State(row["state"]),
        changed_at=row["changed_at"],
        receipt_number=row["receipt_number"],
        decision=decision,
        withdrawn_at=row["withdrawn_at"],
        office=row["office"],
        claim=_claim(row, key),
        stage=row["stage"],
        due_on=row["due_on"],
        consent=Consent.read(private.get("consent") or row["consent"]),
        trust_level=row["trust_level"],
        history=past,
        stored_steps=len(past),
    )
