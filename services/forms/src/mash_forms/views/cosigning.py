# SPDX-License-Identifier: EUPL-1.2
"""Pages: asking for a second person's signature, and that person's pages. The code travels in bodies only."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.checks import REVIEW, SIGNATURE
from mash_forms.model.form import LANGUAGES
from mash_forms.service import CosigningService
from mash_forms.service.cosigning import Sheet
from mash_forms.views import stronger
from mash_forms.views.phrases import say
from mash_forms.views.words import Citizen, FormName, ShownDraft, pages, shown_id, texts
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.problems import Conflict, NotFound
from mash_sdk.provide import Provide
from mash_sdk.storable import storable

router = Router(prefix="/pages", tags=["pages"])

Cosigning = Annotated[CosigningService, Provide(CosigningService)]
Language = Annotated[str, Query(max_length=20)]
LONGEST = 1000
"""Characters of a reason."""


@router.post(f"/apply/{{name}}/{{draft_id}}/{SIGNATURE}", response_class=HTMLResponse)
async def ask(
    page: Page,
    who: Citizen,
    cosigning: Cosigning,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
    sent: PageForm,
) -> Response:
    """A code to be passed on. It is shown this once; to load the page again makes another one."""
    back = page.url(f"/apply/{name}/{draft_id}/{REVIEW}")
    try:
        asked = await cosigning.ask(draft_id, name, who, unit)
    except Conflict:
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)
    t = say(texts(sent).get("language", "de"))
    title = t("Bitte um eine Unterschrift")
    return pages.render(page, "cosign_code.html", title=title, t=t, asked=asked, back=back)


@router.get("/cosign", response_class=HTMLResponse)
async def enter(page: Page, _who: Citizen, language: Language = "de") -> HTMLResponse:
    """Where a code is typed in."""
    return _enter(page, language)


@router.post("/cosign", response_class=HTMLResponse)
async def take(page: Page, who: Citizen, cosigning: Cosigning, unit: InUnit, sent: PageForm) -> Response:
    """Take what a code stands for."""
    values = texts(sent)
    typed, language = values.get("code", "")[:80], values.get("language", "de")
    try:
        request = await cosigning.take(typed, who, unit)
    except (NotFound, Conflict) as fault:
        return _enter(page, language, typed, fault.kind)
    return RedirectResponse(_at(page, request.id, language), HTTPStatus.SEE_OTHER)


@router.get("/cosign/{request_id}", response_class=HTMLResponse)
async def look(
    page: Page,
    who: Citizen,
    cosigning: Cosigning,
    unit: InUnit,
    request_id: str,
    language: Language = "",
    fault: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What is to be signed, and nothing else of the application."""
    sheet = await cosigning.sheet(shown_id(request_id), who, unit, language)
    if sheet.needs:
        at = f"/cosign/{sheet.request.id}"
        status = HTTPStatus.FORBIDDEN
        return stronger.told(page, sheet.form, sheet.needs, sheet.had, at, status=status)
    return _sheet(page, sheet, fault, expired=sheet.request.expired(unit.clock.now()))


@router.post("/cosign/{request_id}/sign", response_class=HTMLResponse)
async def sign(
    page: Page, who: Citizen, cosigning: Cosigning, unit: InUnit, request_id: str, sent: PageForm
) -> Response:
    """Sign, with a tick of this moment."""
    values, wanted = texts(sent), shown_id(request_id)
    language = values.get("language", "")
    if values.get("declared") != "true":
        return RedirectResponse(_at(page, wanted, language, "tick"), HTTPStatus.SEE_OTHER)
    await cosigning.sign(wanted, who, unit)
    return RedirectResponse(_at(page, wanted, language), HTTPStatus.SEE_OTHER)


@router.post("/cosign/{request_id}/decline", response_class=HTMLResponse)
async def decline(
    page: Page, who: Citizen, cosigning: Cosigning, unit: InUnit, request_id: str, sent: PageForm
) -> Response:
    """Decline, with a reason that the applicant reads."""
    values, wanted = texts(sent), shown_id(request_id)
    language, reason = values.get("language", ""), values.get("reason", "").strip()
    if not reason or len(reason) > LONGEST or not storable(reason):
        return RedirectResponse(_at(page, wanted, language, "reason"), HTTPStatus.SEE_OTHER)
    await cosigning.decline(wanted, reason, who, unit)
    return RedirectResponse(_at(page, wanted, language), HTTPStatus.SEE_OTHER)


def _at(page: PageContext, request_id: str, language: str, fault: str = "") -> str:
    query = [f"language={language}"] if language in LANGUAGES else []
    query += [f"fault={fault}"] if fault else []
    place = f"#{fault}" if fault else ""
    return page.url(f"/cosign/{request_id}") + ("?" + "&".join(query) if query else "") + place


def _enter(page: PageContext, language: str, typed: str = "", fault: str = "") -> HTMLResponse:
    spoken = language if language in LANGUAGES else "de"
    t = say(spoken)
    title = t("Mit unterschreiben")
    return pages.render(
        page,
        "cosign_enter.html",
        title=f"{t('Fehler')}: {title}" if fault else title,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        t=t,
        spoken=spoken,
        languages=LANGUAGES,
        typed=typed,
        fault=fault,
    )


def _sheet(page: PageContext, sheet: Sheet, fault: str, *, expired: bool) -> HTMLResponse:
    t = say(sheet.form.spoken)
    title = f"{t('Mit unterschreiben')}: {sheet.form.title}"
    return pages.render(
        page,
        "cosign.html",
        title=f"{t('Fehler')}: {title}" if fault else title,
        t=t,
        sheet=sheet,
        form=sheet.form,
        request=sheet.request,
        languages=LANGUAGES,
        fault=fault,
        expired=expired,
        at=page.url(f"/cosign/{sheet.request.id}"),
        longest=LONGEST,
    )
