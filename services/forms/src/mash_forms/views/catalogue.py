# SPDX-License-Identifier: EUPL-1.2
"""Pages: which services there are, and what one needs for each."""

from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse

from mash_forms.model.form import LANGUAGES
from mash_forms.views.words import Anyone, FormName, Forms, pages
from mash_sdk.http import Page, Router
from mash_sdk.problems import NotFound

router = Router(prefix="/pages/services", tags=["pages"])


@router.get("", response_class=HTMLResponse)
async def services(
    page: Page,
    who: Anyone,
    forms: Forms,
    q: Annotated[str, Query(max_length=200)] = "",
    situation: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """The city's services, by words or life situation."""
    city = await forms.city(who.tenant)
    found = [
        form
        for form in await forms.forms(who.tenant)
        if form.matches(q) and (not situation or situation in form.situations)
    ]
    return pages.render(
        page,
        "services.html",
        title="Online-Dienste",
        forms=found,
        situations=city.situations,
        query=q,
        situation=situation,
    )


@router.get("/{name}", response_class=HTMLResponse)
async def service(page: Page, who: Anyone, forms: Forms, name: FormName) -> HTMLResponse:
    """What a service is, what it costs and who is in charge."""
    form = await forms.form(who.tenant, name)
    if form is None:
        raise NotFound("Diesen Dienst gibt es hier nicht.")
    return pages.render(page, "service.html", title=form.title, form=form, languages=LANGUAGES)
