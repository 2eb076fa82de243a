# SPDX-License-Identifier: EUPL-1.2
"""A second person signs: asked for by the applicant, taken with a code, then signed or declined.

Nobody is named to us: the code is shown once, to the applicant, who passes it on; it binds who takes it.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mash_forms.model.codes import code_of, fingerprint, read_code
from mash_forms.model.cosigning import Cosigner, Party, Request, Standing, digest_of, shown_of
from mash_forms.model.filling import Filled, fill
from mash_forms.model.form import Form
from mash_forms.model.trust import level_of
from mash_forms.service.applications import today_of
from mash_forms.service.cases import Cases
from mash_forms.service.drafts import DraftService, Opened
from mash_forms.service.ports import Action, Actor, Audit, Catalogue, Drafts
from mash_forms.service.scope import NotTheirs
from mash_forms.service.signatures import Cosignatures, announce, cosigner_in, void
from mash_forms.service.trust import TooWeak
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, NotFound, TooMany
from mash_sdk.recent import Recent

NONE = "Diese Bitte um eine Unterschrift gibt es nicht, oder nicht mehr."
WRONG = 10
"""Wrong codes that one person may type within WITHIN; then they wait, also with a right one."""
WITHIN = 600
MOST = 50


@dataclass(frozen=True)
class Asked:
    """What the applicant passes on."""

    code: str
    request: Request
    link: str
    """Where the code is typed in, as people reach it."""
    language: str


@dataclass(frozen=True)
class Sheet:
    """All that the second person sees."""

    request: Request
    form: Form
    cosigner: Cosigner
    rows: Sequence[tuple[str, str]]
    needs: int = 0
    """The trust level that the login lacks; 0: it is strong enough."""
    had: int = 1


@dataclass(frozen=True)
class Told:
    """Whom to write to about a request: under which id, who, and the page that says more."""

    request: Request
    form: Form
    parties: Sequence[tuple[str, Party, str]]


class CosigningService:
    """Use cases of the applicant and of the second person."""

    def __init__(
        self,
        requests: Cosignatures,
        drafts: Drafts,
        drafting: DraftService,
        cases: Cases,
        catalogue: Catalogue,
        audit: Audit,
        enter_at: Callable[[str], str],
    ) -> None:
        """`enter_at`: where a tenant's codes are typed in, as people reach it."""
        self._enter_at = enter_at
        self._requests = requests
        self._drafts = drafts
        self._drafting = drafting
        self._cases = cases
        self._catalogue = catalogue
        self._audit = audit
        self._wrong: Recent[str, int] = Recent(20_000)

    async def standing(self, opened: Opened, unit: Unit) -> Request | None:
        """Return the newest request of somebody's own draft, if its form asks for a signature."""
        return await self._requests.of(unit, opened.draft.id) if cosigner_in(opened.filled) else None

    async def ask(self, draft_id: str, name: str, who: Principal, unit: Unit) -> Asked:
        """Ask for a signature under a draft as it is; an earlier request ends. The code is told only here.

        Raises Conflict while something is wrong with the draft, or where nobody else has to sign.
        """
        opened = await self._drafting.one(draft_id, name, who, unit)
        cosigner = cosigner_in(opened.filled)
        if cosigner is None:
            raise Conflict("Dieser Antrag braucht keine zweite Unterschrift.", kind="no-cosigner")
        if opened.complaints:
            raise Conflict("Erst müssen alle Angaben vollständig sein.", kind="draft-incomplete")
        await void(self._requests, self._audit, draft_id, who, unit)
        now, salt, code = unit.clock.now(), secrets.token_bytes(32), code_of(secrets.token_bytes(10))
        request = Request(
            id=new_id(),
            draft_id=draft_id,
            form=opened.draft.form,
            form_version=opened.draft.form_version,
            digest=digest_of(opened.filled.form, opened.filled.data, salt),
            salt=salt,
            applicant=party(who, opened.draft.language),
            asked_at=now,
            expires_at=min(now + timedelta(days=cosigner.days), opened.draft.expires_at),
        )
        await self._requests.add(unit, request, fingerprint(unit.tenant, code))
        await self._note(Action.COSIGN_ASKED, request, who, unit)
        return Asked(code, request, self._enter_at(unit.tenant), opened.filled.form.spoken)

    async def take(self, typed: str, who: Principal, unit: Unit) -> Request:
        """Bind the request of a code to whoever typed it first. The same person again just gets it.

        Raises NotFound for a wrong, used or late code, TooMany for who guesses, Conflict for the applicant.
        """
        now = unit.clock.now()
        asker = f"{unit.tenant} {who.subject}"
        wrong = self._wrong.get(asker, now.timestamp()) or 0
        if wrong >= WRONG:
            raise TooMany(
                "Das waren zu viele falsche Codes. Bitte warten Sie 10 Minuten.", retry_after=WITHIN
            )
        code = read_code(typed)
        request = await self._requests.by_code(unit, fingerprint(unit.tenant, code)) if code else None
        usable = request is not None and request.waits and not request.expired(now)
        if request is None or not usable or (request.signer and request.signer.subject != who.subject):
            self._wrong.put(asker, wrong + 1, now.timestamp() + WITHIN)
            raise NotFound(
                "Diesen Code gibt es nicht, er ist abgelaufen, oder jemand hat ihn schon benutzt. "
                "Bitten Sie um einen neuen."
            )
        if request.applicant.subject == who.subject:
            raise Conflict(
                "Das ist Ihr eigener Antrag. Unterschreiben muss ihn jemand anderes, mit eigenem Konto.",
                kind="own-signature",
            )
        if request.standing is Standing.OPEN:
            request = request.taken(party(who, "de"))
            await self._requests.save(unit, request)
            await self._note(Action.COSIGN_TAKEN, request, who, unit)
        return request

    async def sheet(self, request_id: str, who: Principal, unit: Unit, language: str = "") -> Sheet:
        """Return what there is to be signed, to whom has taken it. Nobody else: NotTheirs."""
        request = await self._own(request_id, who, unit)
        if not request.waits or request.expired(unit.clock.now()):
            form = await self._cases.form(request.form, request.form_version, unit)
            form = self._cases.spoken(form, language, unit)
            return Sheet(request, form, _told(form), ())
        filled, cosigner = await self._filled(request, unit, language)
        if (had := level_of(who.level)) < cosigner.trust_level:
            return Sheet(request, filled.form, cosigner, (), cosigner.trust_level, had)
        await self._note(Action.COSIGN_SEEN, request, who, unit)
        return Sheet(request, filled.form, cosigner, shown_of(filled.form, filled.data, cosigner))

    async def sign(self, request_id: str, who: Principal, unit: Unit) -> Request:
        """Sign what the answers are now. Twice is once. Raises Conflict if they changed, or it is late."""
        if (request := await self._own(request_id, who, unit)).standing is Standing.SIGNED:
            return request
        request, filled, cosigner = await self._locked(request_id, who, unit)
        _require_waiting(request, unit)
        _require_level(cosigner, who)
        if digest_of(filled.form, filled.data, request.salt) != request.digest:
            raise Conflict(
                "Die Angaben haben sich geändert. Bitten Sie um einen neuen Code.", kind="answers-changed"
            )
        signed = request.signed(level_of(who.level), unit.clock.now())
        await self._requests.save(unit, signed)
        await self._note(Action.COSIGNED, signed, who, unit, f"{signed.digest} level {signed.trust_level}")
        announce(signed, unit)
        return signed

    async def decline(self, request_id: str, reason: str, who: Principal, unit: Unit) -> Request:
        """Do not sign, and say why. Twice is once."""
        if (request := await self._own(request_id, who, unit)).standing is Standing.DECLINED:
            return request
        request, _, _ = await self._locked(request_id, who, unit)
        _require_waiting(request, unit)
        declined = request.declined(reason, unit.clock.now())
        await self._requests.save(unit, declined)
        await self._note(Action.COSIGN_DECLINED, declined, who, unit)
        announce(declined, unit)
        return declined

    async def mine(self, who: Principal, unit: Unit) -> Sequence[tuple[Request, Form]]:
        """Return what somebody was asked to sign and has not settled."""
        now = unit.clock.now()
        return [
            (one, await self._cases.form(one.form, one.form_version, unit))
            for one in await self._requests.of_signer(unit, who.subject, MOST)
            if not one.expired(now)
        ]

    async def told(self, request_id: str, caller: Principal, purpose: str, unit: Unit) -> Told:
        """Return whom to write to about a request, and where each of them reads how it stands."""
        request = await self._requests.one(unit, request_id)
        if request is None:
            raise NotFound(NONE)
        by = Actor("service", caller.client)
        await self._audit.note(unit, Action.APPLICANT_ASKED, request.draft_id, by, purpose)
        form = await self._cases.form(request.form, request.form_version, unit)
        draft = f"/apply/{request.form}/{request.draft_id}/review"
        parties = [(request.draft_id, request.applicant, draft)]
        if request.signer is not None:
            parties.append((request.id, request.signer, f"/cosign/{request.id}"))
        return Told(request, form, parties)

    async def _own(self, request_id: str, who: Principal, unit: Unit) -> Request:
        request = await self._requests.one(unit, request_id)
        if request is None or request.signer is None or request.signer.subject != who.subject:
            raise NotTheirs(NONE, request_id, who)
        return request

    async def _locked(self, request_id: str, who: Principal, unit: Unit) -> tuple[Request, Filled, Cosigner]:
        """Lock first the draft and then its request, as whoever changes an answer does."""
        request = await self._own(request_id, who, unit)
        filled, cosigner = await self._filled(request, unit)
        newest = await self._requests.of(unit, request.draft_id)
        if newest is None or newest.id != request_id:
            raise NotFound(NONE)
        return newest, filled, cosigner

    async def _filled(self, request: Request, unit: Unit, language: str = "") -> tuple[Filled, Cosigner]:
        draft = await self._drafts.get(unit, request.draft_id, request.applicant.subject)
        now = unit.clock.now()
        if draft is None or draft.deleted_at is not None or draft.expires_at <= now:
            raise NotFound(NONE)
        form = await self._cases.form(draft.form, draft.form_version, unit)
        form = self._cases.spoken(form, language, unit)
        filled = fill(form, draft.data, today_of(await self._catalogue.city(unit.tenant), unit))
        return filled, _told(form)

    async def _note(
        self, action: Action, request: Request, who: Principal, unit: Unit, detail: str = ""
    ) -> None:
        by = Actor("person", who.subject)
        await self._audit.note(unit, action, request.draft_id, by, detail=detail or request.digest)


def party(who: Principal, language: str) -> Party:
    """Return how somebody is written to: by mail only if somebody has checked whose address it is."""
    return Party(who.subject, who.name, who.email if who.email_verified else "", language)


def _told(form: Form) -> Cosigner:
    if form.cosigner is None:
        raise NotFound(NONE)
    return form.cosigner


def _require_waiting(request: Request, unit: Unit) -> None:
    if request.standing is not Standing.TAKEN:
        raise Conflict("Darüber ist schon entschieden, oder die Angaben wurden geändert.", kind="settled")
    if request.expired(unit.clock.now()):
        raise Conflict("Die Frist ist abgelaufen. Bitten Sie um einen neuen Code.", kind="expired")


def _require_level(cosigner: Cosigner, who: Principal) -> None:
    had = level_of(who.level)
    if had < cosigner.trust_level:
        raise TooWeak("Für diese Unterschrift", cosigner.trust_level, had)
