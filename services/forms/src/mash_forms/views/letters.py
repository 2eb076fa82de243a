# SPDX-License-Identifier: EUPL-1.2
"""Pages for everybody: whether a letter was issued by an office of this city, and still holds."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import HTMLResponse

from mash_forms.model.codes import read_code
from mash_forms.model.days import german
from mash_forms.model.form import LANGUAGES
from mash_forms.service import LetterCheck
from mash_forms.service.letters import Issued
from mash_forms.views.phrases import say
from mash_forms.views.words import Anyone, pages
from mash_sdk.http import InUnit, Page, PageContext, Router
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/pages/verify", tags=["pages"])

Language = Annotated[str, Query(max_length=20)]
Checking = Annotated[LetterCheck, Provide(LetterCheck)]


@router.get("", response_class=HTMLResponse)
async def ask(page: Page, _who: Anyone, language: Language = "") -> HTMLResponse:
    """Where the code of a letter is typed in."""
    return _page(page, language)


@router.post("", response_class=HTMLResponse)
async def confirm(
    request: Request,
    page: Page,
    _who: Anyone,
    checking: Checking,
    unit: InUnit,
    code: Annotated[StorableText, Form(max_length=80)] = "",
    language: Annotated[str, Form(max_length=20)] = "",
) -> HTMLResponse:
    """What was issued with a code. It comes in the body: addresses end in logs."""
    client = request.headers.get("x-forwarded-for", "")
    found = await checking.confirm(code, client, unit) if code.strip() else None
    return _page(page, language, code, found, "" if found else _fault(code))


def _page(
    page: PageContext, language: str, typed: str = "", found: Issued | None = None, fault: str = ""
) -> HTMLResponse:
    spoken = language if language in LANGUAGES else "de"
    t = say(spoken)
    title = t("Schreiben prüfen")
    return pages.render(
        page,
        "verify.html",
        title=f"{t('Fehler')}: {title}" if fault else title,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        t=t,
        spoken=spoken,
        languages=LANGUAGES,
        typed=typed,
        found=found,
        dated=german(found.dated) if found else "",
        fault=t(fault) if fault else "",
    )


def _fault(typed: str) -> str:
    if not typed.strip():
        return "Der Prüfcode fehlt. Tragen Sie ihn so ein, wie er auf dem Schreiben steht."
    if read_code(typed) is None:
        return "Das ist kein Prüfcode. Er hat 16 Zeichen in vier Gruppen. Prüfen Sie jedes Zeichen."
    return (
        "Zu diesem Prüfcode gibt es kein Schreiben dieser Kommune. Prüfen Sie jedes Zeichen. "
        "Steht der Code so auf dem Schreiben, stammt es nicht von uns."
    )
