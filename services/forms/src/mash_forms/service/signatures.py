# SPDX-License-Identifier: EUPL-1.2
"""Second signatures as handing in sees them: whether one is needed, holds, or ended with a change."""

from collections.abc import Sequence
from typing import Protocol

from mash.forms.v1 import events_pb2
from mash_forms.model.cosigning import Cosigner, Request, Standing, digest_of
from mash_forms.model.draft import Draft
from mash_forms.model.filling import Filled
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Action, Actor, Audit, Drafts
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict


class Cosignatures(Protocol):
    """Where requests are kept."""

    async def add(self, unit: Unit, request: Request, code: bytes) -> None: ...

    async def save(self, unit: Unit, request: Request) -> None: ...

    async def of(self, unit: Unit, draft_id: str) -> Request | None:
        """Return the newest request of a draft, and keep others from changing it until the unit ends."""
        ...

    async def one(self, unit: Unit, request_id: str) -> Request | None: ...

    async def by_code(self, unit: Unit, code: bytes) -> Request | None:
        """Return the request of a code, and keep others from changing it until the unit ends."""
        ...

    async def of_signer(self, unit: Unit, subject: str, limit: int) -> Sequence[Request]:
        """Return what somebody has taken and not settled yet."""
        ...


class Unsigned(Conflict):
    """Somebody else has to sign first."""


class SignatureCheck:
    """Whether what is handed in was signed by whom its form asks for: no door is without it."""

    def __init__(self, requests: Cosignatures) -> None:
        self._requests = requests

    async def require(self, filled: Filled, application_id: str, who: Principal, unit: Unit) -> None:
        """Raise Conflict where a signature is needed and there is none under exactly these answers."""
        cosigner = cosigner_in(filled)
        if cosigner is None:
            return
        request = await self._requests.of(unit, application_id)
        held = request is not None and request.standing is Standing.SIGNED
        if request is None or not held or request.applicant.subject != who.subject:
            raise Unsigned(
                f"Es fehlt noch eine Unterschrift: {cosigner.title}. Bitten Sie auf der letzten Seite des "
                "Antrags darum; danach geben Sie ihn ab.",
                kind="cosignature-missing",
            )
        if digest_of(filled.form, filled.data, request.salt) != request.digest:
            raise Unsigned(
                "Nach der Unterschrift hat sich etwas geändert: sie gilt nicht mehr. Bitten Sie noch einmal "
                "darum.",
                kind="answers-changed",
            )


async def void(requests: Cosignatures, audit: Audit, draft_id: str, who: Principal, unit: Unit) -> None:
    """End the request of a draft, signed or not. Whoever had taken it is told."""
    request = await requests.of(unit, draft_id)
    if request is None or request.standing not in {Standing.OPEN, Standing.TAKEN, Standing.SIGNED}:
        return
    ended = request.voided(unit.clock.now())
    await requests.save(unit, ended)
    await audit.note(unit, Action.COSIGN_VOID, draft_id, Actor("person", who.subject), detail=ended.digest)
    if ended.signer is not None:
        announce(ended, unit)


def cosigner_in(filled: Filled) -> Cosigner | None:
    """Return who else has to sign these answers; None: nobody."""
    cosigner = filled.form.cosigner
    if cosigner is None or (cosigner.when is not None and not cosigner.when.holds(filled.world)):
        return None
    return cosigner


def announce(request: Request, unit: Unit) -> None:
    """Say that a request stands otherwise; who is told about it asks for the rest."""
    event = events_pb2.CosignatureChanged(
        application_id=request.draft_id,
        request_id=request.id,
        change_id=new_id(),
        signed=request.standing is Standing.SIGNED,
    )
    event.changed_at.FromDatetime(unit.clock.now())
    unit.announce(event)


class SignedDrafts:
    """Drafts whose signature ends with the first answer that is changed, whichever way it is changed."""

    def __init__(self, drafts: Drafts, requests: Cosignatures, audit: Audit, cases: Cases) -> None:
        self._drafts = drafts
        self._cases = cases
        self._requests = requests
        self._audit = audit

    async def get(self, unit: Unit, draft_id: str, subject: str) -> Draft | None:
        return await self._drafts.get(unit, draft_id, subject)

    async def save(self, unit: Unit, draft: Draft) -> bool:
        # A draft stays with its version: where that asks for no signature, nobody was ever asked.
        form = await self._cases.form(draft.form, draft.form_version, unit)
        if form.cosigner is not None and await self._requests.of(unit, draft.id) is not None:
            before = await self._drafts.get(unit, draft.id, draft.subject)
            if before is not None and before.data != draft.data:
                who = Principal("person", unit.tenant, draft.subject)
                await void(self._requests, self._audit, draft.id, who, unit)
        return await self._drafts.save(unit, draft)

    async def own(self, unit: Unit, subject: str, limit: int) -> Sequence[Draft]:
        return await self._drafts.own(unit, subject, limit)

    async def count(self, unit: Unit, subject: str) -> int:
        return await self._drafts.count(unit, subject)

    async def remove(self, unit: Unit, draft_id: str, subject: str) -> None:
        await self._drafts.remove(unit, draft_id, subject)
