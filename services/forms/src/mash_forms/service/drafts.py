# SPDX-License-Identifier: EUPL-1.2
"""What applicants do before they hand in: begin, answer step by step, put aside, throw away, fetch back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mash_forms.model.answers import posted
from mash_forms.model.application import Application
from mash_forms.model.complaints import Complaint, Path, complaints_of
from mash_forms.model.consent import Consent
from mash_forms.model.draft import Draft
from mash_forms.model.filling import Filled, Shown, fill
from mash_forms.model.form import Field, Form
from mash_forms.model.storable import storable
from mash_forms.model.trust import level_of, too_weak, weakness
from mash_forms.service.applications import ApplicationService, Submit, today_of
from mash_forms.service.booking import Booking
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Catalogue, Drafts, FormVersions
from mash_forms.service.prefill import told
from mash_forms.service.scope import NotTheirs
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict, NotFound

GONE = "Diesen Entwurf gibt es nicht, oder nicht mehr."

MOST_DRAFTS = 50
"""Drafts one person may have at a time."""


@dataclass(frozen=True)
class Answer:
    """What a page of a form sent. `draft_id` (UUIDv7) is new on the first page."""

    draft_id: str
    form: str
    step: str
    values: Mapping[str, str]
    who: Principal
    language: str = ""
    """What to go on in; empty: as before."""


@dataclass(frozen=True)
class TakeOver:
    """Begin with answers of an earlier application, as its applicant has consented."""

    draft_id: str
    form: str
    answers: Mapping[str, Any]
    consent: Consent
    who: Principal
    language: str = ""


@dataclass(frozen=True)
class AddRow:
    """Ask a group once more."""

    group: str


@dataclass(frozen=True)
class RemoveRow:
    """Take one row of a group away; rows count from 0."""

    group: str
    row: int


@dataclass(frozen=True)
class Opened:
    """A draft with its form as far as it is filled in, and what is wrong with that."""

    draft: Draft
    filled: Filled
    complaints: Sequence[Complaint]
    told: Mapping[str, str] = field(default_factory=dict)
    """What the login tells, by the names of the fields it fills in."""
    level: int = 1
    """The trust level of the login that opened it."""

    weak: Sequence[Field] = ()
    """What is answered, or has to be, and asks for a stronger login."""

    def allowed(self, field: Field) -> bool:
        """Tell whether this login may answer a field."""
        return field.trust_level <= self.level

    def from_login(self, name: str) -> bool:
        """Tell whether an answer is what the login tells."""
        return bool(self.told.get(name)) and self.draft.data.get(name) == self.told[name]

    def wrong(self, step: Shown) -> list[Complaint]:
        """Return what is wrong with the answers of one step."""
        names = {field.name for field in step.fields}
        return [complaint for complaint in self.complaints if complaint.path and complaint.path[0] in names]


@dataclass(frozen=True)
class Answered:
    """A step that was answered. `more`: nothing is wrong, but the answers led to further questions in it."""

    opened: Opened
    step: Shown | None
    more: bool


class DraftService:
    """Use cases of whoever fills in a form. Somebody else's draft is NotFound, as if it were not there."""

    def __init__(
        self,
        drafts: Drafts,
        versions: FormVersions,
        catalogue: Catalogue,
        cases: Cases,
        applications: ApplicationService,
        booking: Booking,
    ) -> None:
        self._drafts = drafts
        self._versions = versions
        self._catalogue = catalogue
        self._cases = cases
        self._applications = applications
        self._booking = booking

    async def blank(self, name: str, draft_id: str, who: Principal, unit: Unit, language: str = "") -> Opened:
        """Return a form to begin with, filled in with what the account knows. Nothing is kept yet."""
        form = self._cases.spoken(await self._applications.form(name, who), language, unit)
        draft = Draft.begun(draft_id, form, who.subject, dict(told(form, who)), unit.clock.now())
        return await self._opened(draft, form, who, unit)

    async def one(self, draft_id: str, name: str, who: Principal, unit: Unit) -> Opened:
        """Return a draft to go on with."""
        return await self._go_on(await self._own(draft_id, who, unit), name, who, unit)

    async def own(self, who: Principal, unit: Unit) -> list[tuple[Draft, Form]]:
        """Return what somebody has begun, the newest first."""
        return [
            (draft, await self._form(draft, unit))
            for draft in await self._drafts.own(unit, who.subject, MOST_DRAFTS)
        ]

    async def answer(self, cmd: Answer, unit: Unit, change: AddRow | RemoveRow | None = None) -> Answered:
        """Keep what was answered in one step, right or wrong, and say what is wrong with it.

        Raises NotFound for a draft that is not there (only the first step begins one), Conflict for one
        too many.
        """
        before = await self._found(cmd, unit)
        form, filled = before.filled.form, before.filled
        shown = filled.step(cmd.step)
        data = dict(before.draft.data)
        if shown is not None:
            sent = [field for field in _sent(shown, cmd.values) if before.allowed(field)]
            data = {
                **_without(data, shown, before),
                **_kept(posted(sent, cmd.values, _written_in(form, cmd))),
            }
        if change is not None and (
            change.group not in form.fields or before.allowed(form.fields[change.group])
        ):
            data = _changed(form, data, change)
        draft = before.draft.changed(form, data, cmd.step, unit.clock.now()).in_language(form, cmd.language)
        if not await self._drafts.save(unit, draft):
            raise NotTheirs(GONE, draft.id, cmd.who)
        if form.appointment is not None:
            today = today_of(await self._catalogue.city(unit.tenant), unit)
            await self._booking.hold(fill(form, draft.data, today), draft.id, cmd.who, unit)
        after = await self._opened(draft, form, cmd.who, unit)
        now_shown = after.filled.step(cmd.step)
        if shown is None or now_shown is None:
            return Answered(after, now_shown, more=False)
        fresh = _unanswered(after.filled, now_shown) - _paths(filled, shown)
        wrong = {complaint.path for complaint in after.wrong(now_shown)}
        return Answered(after, now_shown, more=bool(fresh) and wrong <= fresh)

    async def take_over(self, cmd: TakeOver, unit: Unit) -> None:
        """Begin a form with answers of an earlier application. Raises as answer() does."""
        blank = await self.blank(cmd.form, cmd.draft_id, cmd.who, unit, cmd.language)
        first = blank.filled.steps[0].section.id if blank.filled.steps else ""
        answer = Answer(cmd.draft_id, cmd.form, first, {}, cmd.who, cmd.language)
        before = await self._found(answer, unit)
        fields = before.filled.form.fields
        answers = {name: one for name, one in cmd.answers.items() if before.allowed(fields[name])}
        draft = before.draft.taken_over(before.filled.form, answers, cmd.consent)
        if not await self._drafts.save(unit, draft):
            raise NotFound(GONE)

    async def hand_in(self, draft_id: str, name: str, who: Principal, unit: Unit) -> Application:
        """Make an application of a draft. Twice is once. Raises Invalid if something is wrong with it."""
        draft = await self._drafts.get(unit, draft_id, who.subject)
        if draft is None:
            return (await self._applications.one(draft_id, who, unit)).application
        opened = await self._go_on(draft, name, who, unit)
        data = opened.filled.data
        cmd = Submit(draft.id, draft.form, data, who, draft.language, draft.consent)
        application = await self._applications.hand_in(cmd, opened.filled.form, unit)
        await self._drafts.remove(unit, draft.id, who.subject)
        return application

    async def throw_away(self, draft_id: str, who: Principal, unit: Unit) -> Draft:
        """Put a draft where it can be fetched back from for a day."""
        draft = (await self._own(draft_id, who, unit)).thrown_away(unit.clock.now())
        await self._drafts.save(unit, draft)
        await self._booking.release(draft.id, who, unit)
        return draft

    async def fetch_back(self, draft_id: str, who: Principal, unit: Unit) -> Draft:
        """Undo throwing away. Raises NotFound once it is gone for good."""
        draft = await self._own(draft_id, who, unit)
        draft = draft.fetched_back(await self._form(draft, unit), unit.clock.now())
        await self._drafts.save(unit, draft)
        return draft

    async def _found(self, cmd: Answer, unit: Unit) -> Opened:
        draft = await self._drafts.get(unit, cmd.draft_id, cmd.who.subject)
        if draft is not None:
            return await self._go_on(draft, cmd.form, cmd.who, unit)
        blank = await self.blank(cmd.form, cmd.draft_id, cmd.who, unit, cmd.language)
        first = blank.filled.steps[0].section.id if blank.filled.steps else ""
        if cmd.step != first or await self._applications.exists(cmd.draft_id, unit):
            raise NotTheirs(GONE, cmd.draft_id, cmd.who)
        if await self._drafts.count(unit, cmd.who.subject) >= MOST_DRAFTS:
            raise Conflict("Sie haben zu viele Entwürfe. Löschen Sie einen in Ihrem Konto.")
        await self._versions.keep(unit, blank.filled.form)
        return blank

    async def _own(self, draft_id: str, who: Principal, unit: Unit) -> Draft:
        draft = await self._drafts.get(unit, draft_id, who.subject)
        if draft is None:
            raise NotTheirs(GONE, draft_id, who)
        if draft.expires_at <= unit.clock.now():
            raise NotFound(GONE)
        return draft

    async def _go_on(self, draft: Draft, name: str, who: Principal, unit: Unit) -> Opened:
        over = draft.expires_at <= unit.clock.now()
        if over or draft.form != name or draft.deleted_at is not None:
            raise NotFound(GONE)
        return await self._opened(draft, await self._form(draft, unit), who, unit)

    async def _form(self, draft: Draft, unit: Unit) -> Form:
        return await self._cases.form(draft.form, draft.form_version, unit, draft.language)

    async def _opened(self, draft: Draft, form: Form, who: Principal, unit: Unit) -> Opened:
        today: date = today_of(await self._catalogue.city(unit.tenant), unit)
        filled = fill(form, draft.data, today)
        level = level_of(who.level)
        fields = too_weak(filled, level)
        weak = {field.name: weakness(field, level, form.spoken) for field in fields}
        found = [*complaints_of(filled, today), *await self._booking.wrong(filled, draft.id, unit)]
        wrong = [*weak.values(), *(one for one in found if not one.path or one.path[0] not in weak)]
        return Opened(draft, filled, wrong, told(form, who), level, fields)


def _sent(shown: Shown, values: Mapping[str, str]) -> list[Field]:
    """Return what a page can have sent: what it asked, and what a client sent that knew what comes next."""
    known = {field.name for field in shown.fields}
    more = [field for field in shown.section.fields if field.name in values and field.name not in known]
    return [*shown.fields, *more]


def _written_in(form: Form, cmd: Answer) -> str:
    """Return the language of the page that was filled in: it may be another than what is gone on with."""
    said = cmd.values.get("language", "")
    return said if said in form.languages else form.spoken


def _without(data: Mapping[str, Any], shown: Shown, before: Opened) -> dict[str, Any]:
    asked = {field.name for field in shown.fields if field.widget != "upload" and before.allowed(field)}
    return {name: value for name, value in data.items() if name not in asked}


def _kept(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the database cannot hold: a browser's page sends no such thing."""
    return {name: value for name, value in answers.items() if storable(value)}


def _changed(form: Form, data: dict[str, Any], change: AddRow | RemoveRow) -> dict[str, Any]:
    group = form.fields.get(change.group)
    if group is None or not group.is_group:
        return data
    found = data.get(change.group)
    rows = list(found) if isinstance(found, list) else []
    if isinstance(change, RemoveRow):
        return {**data, change.group: [row for at, row in enumerate(rows) if at != change.row]}
    # The page shows as many empty rows as have to be there; one more is one more than those.
    rows += [{} for _ in range(max(group.least - len(rows), 0))]
    return {**data, change.group: [*rows, {}][: group.most]}


def _unanswered(filled: Filled, shown: Shown) -> set[Path]:
    def given(path: Path) -> bool:
        value: Any = filled.data
        for part in path:
            value = value[int(part)] if isinstance(value, list) else value.get(part)
            if value is None:
                return False
        return True

    return {path for path in _paths(filled, shown) if not given(path)}


def _paths(filled: Filled, shown: Shown) -> set[Path]:
    """Where answers are asked for in a step, rows included."""
    paths: set[Path] = set()
    for asked in shown.fields:
        paths.add((asked.name,))
        rows = filled.data.get(asked.name) if asked.is_group else None
        for at, row in enumerate(rows if isinstance(rows, list) else ()):
            paths |= {(asked.name, at, inside.name) for inside in filled.row_fields(asked, row)}
    return paths
