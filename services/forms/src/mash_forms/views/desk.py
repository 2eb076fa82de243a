# SPDX-License-Identifier: EUPL-1.2
"""Pages: the office's queue, and deciding on one application with a second look before it counts."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.application import Outcome, State
from mash_forms.model.form import Form
from mash_forms.model.reference import read_reference
from mash_forms.model.searching import MOST_FOUND
from mash_forms.model.workflow import Does
from mash_forms.service import Catalogue, Decide, DeskService, Listing, Paging, QueueFilter
from mash_forms.service.desk import check_reason
from mash_forms.service.scope import offices_of
from mash_forms.views.holds import Holding
from mash_forms.views.phrases import say
from mash_forms.views.proposals import Proposing
from mash_forms.views.words import (
    STATES,
    Attaching,
    Clerk,
    Desk,
    Forms,
    Keeping,
    ShownApplication,
    ShownDocument,
    ShownFile,
    Talking,
    Working,
    download,
    pages,
    shown_pdf,
    texts,
)
from mash_sdk.database import Unit
from mash_sdk.http import After, InUnit, Page, PageContext, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid
from mash_sdk.storable import StorableText

router = Router(prefix="/pages/desk", tags=["pages"])

LENGTH = 25


@router.get("", response_class=HTMLResponse)
async def queue(
    page: Page,
    who: Clerk,
    desk: Desk,
    forms: Forms,
    unit: InUnit,
    state: Annotated[str, Query(max_length=20)] = "",
    reference: Annotated[str, Query(max_length=40)] = "",
    form: Annotated[StorableText, Query(max_length=80)] = "",
    office: Annotated[StorableText, Query(max_length=80)] = "",
    mine: Annotated[str, Query(max_length=5)] = "",
    overdue: Annotated[str, Query(max_length=5)] = "",
    after: After = None,
) -> HTMLResponse:
    """The office's queue: first what waits for it, the oldest on top."""
    wanted = QueueFilter(
        State(state) if state in STATES else None,
        read_reference(reference) if reference.strip() else None,
        form or None,
        office or None,
        who.subject if mine else None,
    )
    misspelt = bool(reference.strip()) and wanted.reference is None
    listing = (
        Listing([], None)
        if misspelt
        else await desk.queue(wanted, Paging(LENGTH, after), who, unit, overdue=bool(overdue))
    )
    chosen = {"state": state, "form": form, "office": office, "mine": mine, "overdue": overdue}
    return pages.render(
        page,
        "desk.html",
        title="Fehler: Vorgänge" if misspelt else "Vorgänge",
        listing=listing,
        first=after is None,
        chosen=chosen,
        query=urlencode({name: value for name, value in chosen.items() if value}),
        reference=reference,
        misspelt=misspelt,
        words="",
        **await _around(desk, forms, who, unit),
    )


@router.post("/search", response_class=HTMLResponse)
async def search(
    page: Page, who: Clerk, desk: Desk, forms: Forms, unit: InUnit, sent: PageForm
) -> HTMLResponse:
    """Cases whose reference, applicant or answers hold some words. By POST: they may be names."""
    values = texts(sent)
    words, after = values.get("words", "").strip()[:200], values.get("after") or None
    found = Listing([], None)
    if words:
        found = await desk.queue(QueueFilter(words=words), Paging(LENGTH, after), who, unit)
    return pages.render(
        page,
        "desk.html",
        title="Vorgänge suchen",
        listing=found,
        first=True,
        chosen=dict.fromkeys(("state", "form", "office", "mine", "overdue"), ""),
        query="",
        reference="",
        misspelt=False,
        words=words,
        **await _around(desk, forms, who, unit),
    )


@router.get("/applications/{application_id}", response_class=HTMLResponse)
async def case(
    page: Page,
    who: Clerk,
    desk: Desk,
    talking: Talking,
    proposing: Proposing,
    holding: Holding,
    keeping: Keeping,
    unit: InUnit,
    application_id: ShownApplication,
) -> HTMLResponse:
    """One application, to be looked through and decided."""
    shown = await desk.case(application_id, who, unit)
    title = f"Vorgang {shown.application.reference}"
    workflow, stage = shown.form.workflow, shown.application.stage
    decides = workflow.way(stage, Does.DECIDE)
    proposal, refused = await proposing.of(application_id, unit)
    return pages.render(
        page,
        "case.html",
        t=say("de"),
        title=title,
        case=shown,
        application=shown.application,
        stage=workflow.stages.get(stage),
        stages=workflow.stages,
        moves=[way for way in workflow.ways(stage, Does.MOVE) if way.allows(who.roles)],
        asks=any(way.allows(who.roles) for way in workflow.ways(stage, Does.ASK)),
        messages=await talking.messages_on(shown.application, unit),
        notes=await talking.notes_on(shown.application, unit),
        decides=decides is not None and decides.allows(who.roles),
        today=await desk.today(unit),
        visit=await keeping.of(shown.application, unit),
        proposal=proposal,
        refused=refused,
        kept=await holding.of(application_id, unit),
    )


@router.post("/applications/{application_id}/take-up", response_class=HTMLResponse)
async def take_up(
    page: Page, who: Clerk, working: Working, unit: InUnit, application_id: ShownApplication, _sent: PageForm
) -> Response:
    """Take an application on oneself."""
    await working.take_up(application_id, who, unit)
    return _back(page, application_id)


@router.post("/applications/{application_id}/take-over", response_class=HTMLResponse)
async def take_over(
    page: Page, who: Clerk, working: Working, unit: InUnit, application_id: ShownApplication, _sent: PageForm
) -> Response:
    """Take an application from the colleague who has it in work."""
    await working.take_up(application_id, who, unit, over=True)
    return _back(page, application_id)


@router.post("/applications/{application_id}/release", response_class=HTMLResponse)
async def release(
    page: Page, who: Clerk, working: Working, unit: InUnit, application_id: ShownApplication, _sent: PageForm
) -> Response:
    """Put an application back for others."""
    await working.put_back(application_id, who, unit)
    return _back(page, application_id)


@router.post("/applications/{application_id}/moves", response_class=HTMLResponse)
async def move(
    page: Page, who: Clerk, working: Working, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Take an application along a transition of its form's workflow."""
    await working.move(application_id, texts(sent).get("transition", ""), who, unit)
    return _back(page, application_id)


@router.post("/applications/{application_id}/decision", response_class=HTMLResponse)
async def decide(
    page: Page,
    who: Clerk,
    desk: Desk,
    proposing: Proposing,
    unit: InUnit,
    application_id: ShownApplication,
    sent: PageForm,
) -> Response:
    """Decide: first a second look, then for good."""
    values = texts(sent)
    said, reason = values.get("outcome", ""), values.get("reason", "").replace("\r\n", "\n").strip()
    if said not in Outcome.__members__:
        fault = Fault("/outcome", "Die Entscheidung fehlt.", "Wählen Sie, ob Sie genehmigen oder ablehnen.")
        return _undecided(page, application_id, reason, fault)
    outcome = Outcome(said)
    try:
        check_reason(outcome, reason)
    except Invalid as err:
        return _undecided(page, application_id, reason, err.errors[0])
    if values.get("confirmed") != "yes":
        shown = await desk.case(application_id, who, unit)
        return pages.render(
            page, "confirm.html", title="Entscheidung bestätigen", case=shown, outcome=outcome, reason=reason
        )
    cmd = Decide(application_id, outcome, reason, who)
    if values.get("proposed") == "yes":
        await proposing.propose(cmd, unit)
    else:
        await desk.decide(cmd, unit)
    return _back(page, application_id)


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response)
async def document(
    who: Clerk, desk: Desk, unit: InUnit, application_id: ShownApplication, document_id: ShownDocument
) -> Response:
    """A letter as PDF, shown by the browser."""
    return shown_pdf(await desk.document(application_id, document_id, who, unit))


@router.get("/applications/{application_id}/files/{attachment_id}", response_class=Response)
async def file(
    who: Clerk, attaching: Attaching, unit: InUnit, application_id: ShownApplication, attachment_id: ShownFile
) -> Response:
    """A file that was sent with an application; who reads it is noted."""
    return download(await attaching.for_the_desk(application_id, attachment_id, who, unit))


async def _around(desk: DeskService, forms: Catalogue, who: Principal, unit: Unit) -> dict[str, Any]:
    """What the list's page shows besides the list."""
    known = await forms.forms(who.tenant)
    return {
        "forms": {form.name: form for form in known},
        "offices": _offices(known, who),
        "states": STATES,
        "most_found": MOST_FOUND,
        "today": await desk.today(unit),
    }


def _back(page: PageContext, application_id: str) -> RedirectResponse:
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)


def _offices(forms: Sequence[Form], who: Principal) -> dict[str, str]:
    """Id and title of the offices the clerk works for, as far as a form names them."""
    mine = offices_of(who)
    named = {form.office.id: form.office.title for form in forms if mine is None or form.office.id in mine}
    return dict(sorted(named.items(), key=lambda one: one[1].casefold()))


def _undecided(page: PageContext, application_id: str, reason: str, fault: Fault) -> HTMLResponse:
    # A refusal rolls its unit back, and with it the note of who saw what: so it shows nothing of the case.
    return pages.render(
        page,
        "undecided.html",
        title="Fehler: Noch nicht entschieden",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        application_id=application_id,
        reason=reason,
        fault=fault,
    )
