# SPDX-License-Identifier: EUPL-1.2
"""Page: a clerk reverses what a rule had decided."""

from http import HTTPStatus
from typing import Annotated

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.application import Outcome
from mash_forms.service import AutomationService, Decide
from mash_forms.service.desk import kept_reason
from mash_forms.views.words import Clerk, ShownApplication, pages, texts
from mash_sdk.http import InUnit, Page, PageForm, Router
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/pages/desk/applications/{application_id}", tags=["pages"])

Automation = Annotated[AutomationService, Provide(AutomationService)]


@router.post("/reversal", response_class=HTMLResponse)
async def reverse(
    page: Page,
    who: Clerk,
    automation: Automation,
    unit: InUnit,
    application_id: ShownApplication,
    sent: PageForm,
) -> Response:
    """Decide anew what a rule had decided."""
    values = texts(sent)
    said = values.get("outcome", "")
    if said not in Outcome.__members__:
        fault = Fault("/outcome", "Die Entscheidung fehlt.", "Benutzen Sie das Formular der Seite.")
        raise Invalid("Die Entscheidung fehlt.", errors=[fault])
    typed = values.get("reason", "").replace("\r\n", "\n")
    try:
        await automation.reverse(Decide(application_id, Outcome(said), kept_reason(typed), who), unit)
    except Invalid as refused:
        return pages.render(
            page,
            "unreversed.html",
            title="Fehler: Noch nicht ersetzt",
            status=refused.status,
            application_id=application_id,
            outcome=said,
            reason=typed,
            fault=refused.errors[0],
        )
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)
