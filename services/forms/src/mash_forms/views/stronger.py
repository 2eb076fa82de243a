# SPDX-License-Identifier: EUPL-1.2
"""Pages: logging in more strongly for some answers of a form, and back to the same draft."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.checks import REVIEW, STRONGER
from mash_forms.model.form import Field, Form
from mash_forms.model.trust import NAMES
from mash_forms.service.trust import TooWeak
from mash_forms.views.phrases import say
from mash_forms.views.words import Citizen, Drafting, FormName, ShownDraft, pages
from mash_sdk.http import InUnit, Page, PageContext, Router

router = Router(prefix="/pages/apply", tags=["pages"])


@router.get(f"/{{name}}/{{draft_id}}/{STRONGER}", response_class=HTMLResponse)
async def ask(
    page: Page,
    who: Citizen,
    drafts: Drafting,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
    to: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Why a stronger login is needed, and the way there. `to`: the page of the draft to come back to."""
    opened = await drafts.one(draft_id, name, who, unit)
    known = {shown.section.id for shown in opened.filled.steps} | {REVIEW}
    back = f"/apply/{name}/{draft_id}/{to if to in known else REVIEW}"
    shown = opened.filled.step(to)
    asked = shown.fields if shown else opened.filled.fields.values()
    weak = [field for field in asked if not opened.allowed(field)]
    if not weak:
        return RedirectResponse(page.url(back), HTTPStatus.SEE_OTHER)
    needed = max(field.trust_level for field in weak)
    return told(page, opened.filled.form, needed, opened.level, back, weak)


def refused(page: PageContext, form: Form, fault: TooWeak, back: str) -> HTMLResponse:
    """The same page in place of a form that as a whole asks for a stronger login."""
    return told(page, form, fault.needed, fault.had, back, status=HTTPStatus.FORBIDDEN)


def told(
    page: PageContext,
    form: Form,
    needed: int,
    had: int,
    back: str,
    fields: Sequence[Field] = (),
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    """Say who, why and what to do; the link leads to the login and from there `back`."""
    t = say(form.spoken)
    return pages.render(
        page,
        "stronger.html",
        title=f"{t('Stärker anmelden')}: {form.title}",
        status=status,
        form=form,
        t=t,
        fields=fields,
        needed=needed,
        had=had,
        names=NAMES,
        login=f"{page.url('/login')}?level={needed}&next={quote(page.url(back))}",
        back=page.url(back) if fields else "",
    )
