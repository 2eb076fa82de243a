# SPDX-License-Identifier: EUPL-1.2
"""Pages: what office and applicant write to one another, sent from the case's and the application's page."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.files import REFUSALS
from mash_forms.model.form import LANGUAGES
from mash_forms.service import AttachLater, LaterFiles, Write
from mash_forms.service.conversations import checked
from mash_forms.views.phrases import say
from mash_forms.views.words import Citizen, Clerk, Data, ShownApplication, Talking, pages, texts
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/pages", tags=["pages"])

Later = Annotated[LaterFiles, Provide(LaterFiles)]


@router.post("/desk/applications/{application_id}/question", response_class=HTMLResponse)
async def ask(
    page: Page, who: Clerk, talking: Talking, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Send a case back to the applicant, with what is asked for."""
    return await _said(
        page,
        f"/desk/applications/{application_id}",
        "question",
        sent,
        lambda text: talking.ask(Write(application_id, text, who), unit),
    )


@router.post("/desk/applications/{application_id}/messages", response_class=HTMLResponse)
async def write_as_clerk(
    page: Page, who: Clerk, talking: Talking, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Write to the applicant."""
    return await _said(
        page,
        f"/desk/applications/{application_id}",
        "messages",
        sent,
        lambda text: talking.write(Write(application_id, text, who), unit, from_office=True),
    )


@router.post("/desk/applications/{application_id}/notes", response_class=HTMLResponse)
async def note(
    page: Page, who: Clerk, talking: Talking, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Note something for colleagues."""
    return await _said(
        page,
        f"/desk/applications/{application_id}",
        "notes",
        sent,
        lambda text: talking.note(Write(application_id, text, who), unit),
    )


@router.post("/account/applications/{application_id}/messages", response_class=HTMLResponse)
async def write_as_applicant(
    page: Page, who: Citizen, talking: Talking, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Write to the office."""
    return await _said(
        page,
        f"/account/applications/{application_id}",
        "messages",
        sent,
        lambda text: talking.write(Write(application_id, text, who), unit, from_office=False),
    )


@router.post("/account/applications/{application_id}/answer", response_class=HTMLResponse)
async def answer(
    page: Page,
    who: Citizen,
    talking: Talking,
    later: Later,
    data: Data,
    application_id: ShownApplication,
    sent: PageForm,
) -> Response:
    """Answer what the office asked, with files if there are some; the application goes back to it."""
    place, text = f"/account/applications/{application_id}", _text(sent)
    if fault := _fault(text):
        return _unsaid(page, place, "answer", sent, fault)
    # Scanning takes its time: no transaction is open meanwhile.
    for file in _files(sent):
        refusal = await later.attach(
            AttachLater(application_id, file.filename or "", file.file, file.size or 0, who)
        )
        if refusal is not None:
            return _unsaid(page, place, "answer", sent, Fault("/files", *REFUSALS[refusal]))
    async with data.unit(who.tenant) as unit:
        await talking.answer(Write(application_id, text, who), unit)
    return _to(page, place)


async def _said(
    page: PageContext, place: str, does: str, sent: FormData, say: Callable[[str], Awaitable[object]]
) -> Response:
    """Say what was written and go back to where it stands; or show it again with what is wrong with it."""
    text = _text(sent)
    if fault := _fault(text):
        return _unsaid(page, place, does, sent, fault)
    await say(text)
    return _to(page, place)


def _text(sent: FormData) -> str:
    return texts(sent).get("text", "")


def _files(sent: FormData) -> list[UploadFile]:
    """Return what was chosen; an input left empty sends neither name nor bytes."""
    return [
        file
        for name, file in sent.multi_items()
        if name == "files" and isinstance(file, UploadFile) and (file.filename or file.size)
    ]


def _fault(text: str) -> Fault | None:
    try:
        checked(text)
    except Invalid as err:
        return err.errors[0]
    return None


def _unsaid(page: PageContext, place: str, does: str, sent: FormData, fault: Fault) -> HTMLResponse:
    # A refusal rolls its unit back, and with it the note of who saw what: so it shows nothing of the case.
    # So it does not know the case's language either: the page that was sent says in which it was.
    language = texts(sent).get("language", "")
    language = language if language in LANGUAGES else ""
    t = say(language)
    return pages.render(
        page,
        "unsaid.html",
        title=t("Fehler: Noch nicht gesendet"),
        t=t,
        language=language,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        place=place,
        does=does,
        text=_text(sent),
        fault=fault,
    )


def _to(page: PageContext, place: str) -> RedirectResponse:
    return RedirectResponse(page.url(place) + "#conversation", HTTPStatus.SEE_OTHER)
