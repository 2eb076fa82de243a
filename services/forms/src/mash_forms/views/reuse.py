# SPDX-License-Identifier: EUPL-1.2
"""Way in of a person who takes answers over from an earlier application: one tick, then and there."""

from http import HTTPStatus
from typing import Annotated

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.checks import REUSE
from mash_forms.service import Reuse, ReuseService
from mash_forms.views.words import Citizen, FormName, ShownDraft, is_id, texts
from mash_sdk.http import InUnit, Page, PageForm, Router
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide

router = Router(prefix="/pages/apply", tags=["pages"])

Reusing = Annotated[ReuseService, Provide(ReuseService)]


@router.post(f"/{{name}}/{{draft_id}}/{REUSE}", response_class=HTMLResponse)
async def reuse(
    page: Page,
    who: Citizen,
    reusing: Reusing,
    unit: InUnit,
    name: FormName,
    draft_id: ShownDraft,
    sent: PageForm,
) -> Response:
    """Take the answers over that were shown, if there is a tick; without one nothing happens."""
    values = texts(sent)
    source, language = values.get("source", ""), values.get("language", "")
    if values.get("consent") != "true":
        query = f"&language={language}" if language.isascii() and language.replace("-", "").isalpha() else ""
        target = page.url(f"/apply/{name}") + f"?refused=consent{query}#reuse"
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    if not is_id(source):
        raise NotFound("Diesen Antrag gibt es nicht.")
    fields = frozenset(values.get("fields", "").split())
    await reusing.take(Reuse(draft_id, name, source, fields, who, language), unit)
    return RedirectResponse(page.url(f"/apply/{name}/{draft_id}"), HTTPStatus.SEE_OTHER)
