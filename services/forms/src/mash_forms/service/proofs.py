# SPDX-License-Identifier: EUPL-1.2
"""The proof that somebody may act for another: a clerk confirms it, and nothing is approved before."""

from typing import Protocol

from mash_forms.model.application import Application, Outcome
from mash_forms.model.representing import represented_in
from mash_forms.service.ports import Action, Actor, Applications, Audit, Confirmation
from mash_forms.service.scope import claimed, require_in_scope
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict


class Proofs(Protocol):
    """Where confirmations are kept."""

    async def confirm(self, unit: Unit, application_id: str, by: str) -> bool:
        """Keep it; False if it was confirmed before."""
        ...

    async def confirmed(self, unit: Unit, application_id: str) -> Confirmation | None: ...


class ProofService:
    """Use case of a clerk who has looked at a proof."""

    def __init__(self, proofs: Proofs, applications: Applications, audit: Audit) -> None:
        self._proofs = proofs
        self._applications = applications
        self._audit = audit

    async def confirm(self, application_id: str, who: Principal, unit: Unit) -> None:
        """Confirm the proof. Twice is once. Raises Conflict if there is none, or it is not in work here."""
        application = require_in_scope(await self._applications.locked(unit, application_id), who)
        if represented_in(application.data) is None:
            raise Conflict("Diesen Antrag hat niemand für jemand anderen gestellt.", kind="no-proof")
        if application.claim is not None and application.claim.by != who.subject:
            raise claimed()
        if not application.claimable:
            raise Conflict("Über diesen Antrag ist schon entschieden, oder er ist noch nicht eingegangen.")
        if await self._proofs.confirm(unit, application_id, who.subject):
            await self._audit.note(unit, Action.PROOF_CONFIRMED, application_id, Actor("person", who.subject))


async def require_proven(application: Application, outcome: Outcome, proofs: Proofs, unit: Unit) -> None:
    """Raise Conflict for an approval of what was asked for in another's name, while nobody confirmed it."""
    if outcome is not Outcome.APPROVED or represented_in(application.data) is None:
        return
    if await proofs.confirmed(unit, application.id) is None:
        raise Conflict(
            "Der Antrag ist für jemand anderen gestellt. Bestätigen Sie zuerst den Nachweis der Vertretung, "
            "oder lehnen Sie ab.",
            kind="proof-unconfirmed",
        )
