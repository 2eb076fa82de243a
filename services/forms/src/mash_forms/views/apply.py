# SPDX-License-Identifier: EUPL-1.2
"""Pages: filling in a form step by step, looking it over, handing it in.

Each answer is kept before the next page is asked for, and what is wrong is said on the page that follows: so
neither going back nor loading again sends or loses anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.checks import REVIEW, STRONGER
from mash_forms.model.complaints import Complaint
from mash_forms.model.days import day_of
from mash_forms.model.draft import Draft
from mash_forms.model.files import Attachment
from mash_forms.model.filling import Shown
from mash_forms.model.form import LANGUAGES
from mash_forms.model.trust import NAMES
from mash_forms.service import AddRow, Answer, Answered, Attach, Offer, Offered, Opened, RemoveRow
from mash_forms.service.applications import NoFee
from mash_forms.service.signatures import Unsigned, cosigner_in
from mash_forms.service.trust import TooWeak
from mash_forms.views import stronger
from mash_forms.views.asking import asked, refusal_of
from mash_forms.views.cosigning import Cosigning
from mash_forms.views.phrases import say
from mash_forms.views.reuse import Reusing
from mash_forms.views.slots import offered
from mash_forms.views.words import (
    Applying,
    Attaching,
    Bookings,
    Citizen,
    Data,
    Drafting,
    FormName,
    Forms,
    ShownDraft,
    ShownFile,
    download,
    is_id,
    pages,
    texts,
)
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.ids import new_id
from mash_sdk.problems import Invalid, NotFound

router = Router(prefix="/pages/apply", tags=["pages"])


_STAYS = {"upload", "detach", "language", "add", "remove", "week"}
"""What leaves one on the page it was asked for on."""
StepName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,79}$")]
Said = Annotated[bool, Query()]
Language = Annotated[str, Query(max_length=20)]
FOLLOWS = frozenset({"follow", "add", "remove"})
"""What a page with a script (the portal's portal.js) asks for without leaving it."""


@dataclass(frozen=True)
class Begins:
    """What the very first page says besides: a draft that is there, and answers that could be taken over."""

    begun: Draft | None
    offer: Offer | None
    unticked: bool


@dataclass(frozen=True)
class Follows:
    """The page as a script asks for it in between; it says what is wrong with `touched` questions only."""

    touched: frozenset[str]

    def tells(self, fault: Complaint) -> bool:
        return ".".join(map(str, fault.path)) in self.touched


@router.get("/{name}", response_class=HTMLResponse)
async def begin(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    reusing: Reusing,
    bookings: Bookings,
    forms: Forms,
    unit: InUnit,
    name: FormName,
    language: Language = "",
    refused: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The first step of a form, with what the login tells filled in, and what could be taken over."""
    try:
        opened = await drafts.blank(name, new_id(), who, unit, language)
    except TooWeak as fault:
        form = await forms.form(who.tenant, name)
        if form is None:
            raise
        return stronger.refused(page, form, fault, f"/apply/{name}")
    begun = [draft for draft, form in await drafts.own(who, unit) if form.name == name]
    offer = await reusing.offer(opened.filled.form, opened.draft.data, who, unit)
    begins = Begins(begun[0] if begun else None, offer, unticked=refused == "consent")
    first = opened.filled.steps[0]
    slots = await offered(bookings, opened, first, unit)
    return _step(page, opened, first, begins=begins, slots=slots)


@router.get("/{name}/{draft_id}", response_class=HTMLResponse)
async def go_on(
    page: Page, who: Citizen, drafts: Drafting, unit: InUnit, name: FormName, draft_id: ShownDraft
) -> Response:
    """Go to the first step of a draft that was not seen yet."""
    opened = await drafts.one(draft_id, name, who, unit)
    open_steps = [step for step in opened.filled.steps if step.section.id not in opened.draft.seen]
    return _to(page, opened, open_steps[0].section.id if open_steps else REVIEW)


@router.get("/{name}/{draft_id}/review", response_class=HTMLResponse)
async def review(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    applications: Applying,
    cosigning: Cosigning,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
) -> Response:
    """All answers, to be looked through before they are handed in."""
    try:
        opened = await drafts.one(draft_id, name, who, unit)
    except NotFound as fault:
        # A letter about a signature leads here, and may be opened once all is handed in.
        if not await applications.is_own(draft_id, who, unit):
            raise fault from None
        return RedirectResponse(page.url(f"/account/applications/{draft_id}"), HTTPStatus.SEE_OTHER)
    faults = [(step, opened.wrong(step)) for step in opened.filled.steps]
    t = say(opened.filled.form.spoken)
    charged = opened.filled.charged()
    return pages.render(
        page,
        "review.html",
        title=f"{t('Angaben prüfen' if opened.filled.form.handover else 'Prüfen und abgeben')}: "
        f"{opened.filled.form.title}",
        t=t,
        opened=opened,
        form=opened.filled.form,
        faulty=[(step, wrong) for step, wrong in faults if wrong],
        charged=charged,
        # Complete, and still not told: no answer of theirs can change that.
        no_fee=charged is None and not (opened.filled.chargeable and opened.complaints),
        total=len(opened.filled.steps) + 1,
        cosigner=cosigner_in(opened.filled),
        signature=await cosigning.standing(opened, unit),
        now=unit.clock.now(),
    )


@router.post("/{name}/{draft_id}/review", response_class=HTMLResponse)
async def hand_in(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
    _sent: PageForm,
) -> Response:
    """Hand in the draft as an application."""
    try:
        application = await drafts.hand_in(draft_id, name, who, unit)
    except (Invalid, TooWeak, Unsigned, NoFee):
        return RedirectResponse(page.url(f"/apply/{name}/{draft_id}/{REVIEW}"), HTTPStatus.SEE_OTHER)
    return RedirectResponse(page.url(f"/account/applications/{application.id}"), HTTPStatus.SEE_OTHER)


@router.get("/{name}/{draft_id}/{step}", response_class=HTMLResponse)
async def step(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    attaching: Attaching,
    bookings: Bookings,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
    step: StepName,
    check: Said = False,  # noqa: FBT002 — a query parameter
    more: Said = False,  # noqa: FBT002 — a query parameter
    to: Annotated[str, Query(max_length=20)] = "",
    refused: Annotated[str, Query(max_length=100)] = "",
    week: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """One step of a form."""
    opened = await drafts.one(draft_id, name, who, unit)
    shown = opened.filled.step(step)
    if shown is None:  # it was asked once, and is not any more
        return await go_on(page, who, drafts, unit, name, draft_id)
    files = await attaching.of(draft_id, who, unit) if _uploads(shown) else []
    slots = await offered(bookings, opened, shown, unit, week)
    return _step(
        page, opened, shown, check=check, more=more, to=to, refused=refused, files=files, slots=slots
    )


@router.post("/{name}/{draft_id}/{step}", response_class=HTMLResponse)
async def answer(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    attaching: Attaching,
    bookings: Bookings,
    applications: Applying,
    data: Data,
    name: FormName,
    draft_id: ShownDraft,
    step: StepName,
    sent: PageForm,
) -> Response:
    """Keep the answers of a step and go on."""
    # Files are scanned between two transactions, so this page has several instead of its door's one.
    values = texts(sent)
    action, _, rest = values.get("action", "next").partition(":")
    language = rest if action == "language" else values.get("language", "")
    cmd = Answer(draft_id, name, step, values, who, language)
    try:
        async with data.unit(who.tenant) as unit:
            if action == "detach" and is_id(rest):
                await attaching.take_away(draft_id, rest, who, unit)
            done = await drafts.answer(cmd, unit, _change(action, rest))
    except NotFound:
        # Sent once more after it was handed in: that is where they want to be.
        async with data.unit(who.tenant) as unit:
            application = (await applications.one(draft_id, who, unit)).application
        return RedirectResponse(page.url(f"/account/applications/{application.id}"), HTTPStatus.SEE_OTHER)
    if files := _files(done, sent):
        for field, file in files:
            refusal = await attaching.attach(
                Attach(draft_id, name, field, file.filename or "", file.file, file.size or 0, who)
            )
            if refusal is not None:
                return _to(page, done.opened, step, [f"refused={field}:{refusal}"], "faults")
        async with data.unit(who.tenant) as unit:
            done = await drafts.answer(cmd, unit)
    if action == "later":
        return RedirectResponse(page.url("/account?kept=1"), HTTPStatus.SEE_OTHER)
    if action in FOLLOWS and "live" in values and done.step is not None:
        async with data.unit(who.tenant) as unit:
            sent_files = await attaching.of(draft_id, who, unit) if _uploads(done.step) else []
            slots = await offered(bookings, done.opened, done.step, unit, values.get("week", ""))
        follows = Follows(frozenset(values.get("touched", "").split()))
        check = values.get("checked") == "1"
        to = values.get("to", "")
        return _step(
            page, done.opened, done.step, check=check, to=to, files=sent_files, slots=slots, follows=follows
        )
    return _next(page, done, step, action, values)


@router.get("/{name}/{draft_id}/files/{attachment_id}", response_class=Response)
async def file(
    who: Citizen, attaching: Attaching, unit: InUnit, draft_id: ShownDraft, attachment_id: ShownFile
) -> Response:
    """A file that was sent with a draft."""
    return download(await attaching.own(draft_id, attachment_id, who, unit))


def _uploads(shown: Shown) -> set[str]:
    return {field.name for field in shown.fields if field.widget == "upload"}


def _files(done: Answered, sent: FormData) -> list[tuple[str, UploadFile]]:
    """Return what was chosen in the page's file inputs; one left empty sends neither name nor bytes."""
    asked = _uploads(done.step) if done.step else set()
    return [
        (field, file)
        for field, file in sent.multi_items()
        if field in asked and isinstance(file, UploadFile) and (file.filename or file.size)
    ]


def _next(
    page: PageContext, done: Answered, step: str, action: str, values: Mapping[str, str]
) -> RedirectResponse:
    opened, back = done.opened, values.get("to", "")
    query = [f"to={REVIEW}"] if back == REVIEW else []
    if action in _STAYS:
        shows, place = _shows(opened, action, values["action"].partition(":")[2])
        return _to(page, opened, step, [*shows, *query], place)
    if action == "stronger":
        return _to(page, opened, STRONGER, [f"to={step}"])
    if action == "back":
        return _to(page, opened, _before(opened, step))
    if done.more:
        return _to(page, opened, step, ["more=1", *query], "more")
    if done.step is not None and opened.wrong(done.step):
        return _to(page, opened, step, ["check=1", *query])
    return _to(page, opened, _after(opened, step, back))


def _shows(opened: Opened, action: str, rest: str) -> tuple[list[str], str]:
    """What the page shows that stays where it is: as its address says it, and the place on it."""
    form = opened.filled.form
    if action == "week" and form.appointment is not None and (day := day_of(rest)):
        return [f"week={day}"], f"f-{form.appointment.name}"
    group = rest.partition(":")[0]
    return [], f"f-{group}" if action in {"add", "remove"} and group in opened.filled.fields else ""


def _change(action: str, rest: str) -> AddRow | RemoveRow | None:
    group, _, row = rest.partition(":")
    if action == "add":
        return AddRow(group)
    return RemoveRow(group, int(row)) if action == "remove" and row.isdecimal() and row.isascii() else None


def _before(opened: Opened, step: str) -> str:
    ids = [shown.section.id for shown in opened.filled.steps]
    return ids[max(ids.index(step) - 1, 0)] if step in ids else ids[0]


def _after(opened: Opened, step: str, back: str) -> str:
    """Return the next step; for who came from the review, the next that has to be answered still."""
    ids = [shown.section.id for shown in opened.filled.steps]
    if back == REVIEW:
        return next((one.section.id for one in opened.filled.steps if opened.wrong(one)), REVIEW)
    place = ids.index(step) + 1 if step in ids else 0
    return ids[place] if place < len(ids) else REVIEW


def _to(
    page: PageContext, opened: Opened, step: str, query: Sequence[str] = (), place: str = ""
) -> RedirectResponse:
    path = f"/apply/{opened.draft.form}/{opened.draft.id}/{step}"
    target = page.url(path) + ("?" + "&".join(query) if query else "") + (f"#{place}" if place else "")
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _step(
    page: PageContext,
    opened: Opened,
    shown: Shown,
    *,
    check: bool = False,
    more: bool = False,
    to: str = "",
    refused: str = "",
    files: Sequence[Attachment] = (),
    slots: Offered | None = None,
    begins: Begins | None = None,
    follows: Follows | None = None,
) -> HTMLResponse:
    number = opened.filled.steps.index(shown) + 1
    faults = opened.wrong(shown) if check or follows else []
    if follows and not check:
        faults = [fault for fault in faults if follows.tells(fault)]
    faults = [*refusal_of(shown, refused), *faults]
    shown_as = asked(opened, shown, faults, files, slots)
    t = say(opened.filled.form.spoken)
    total = len(opened.filled.steps) + 1
    title = f"{shown.section.title} ({t('Schritt {n} von {total}', n=number, total=total)})"
    return pages.render(
        page,
        "step.html",
        title=f"{t('Fehler')}: {title}" if faults else f"{title}: {opened.filled.form.title}",
        opened=opened,
        form=opened.filled.form,
        section=shown.section,
        asked=shown_as,
        number=number,
        total=total,
        t=t,
        languages=LANGUAGES,
        more=more,
        to=to if to == REVIEW else "",
        checked=check,
        told=[] if follows and not check else shown_as.faults,
        begins=begins,
        level_names=NAMES,
    )
