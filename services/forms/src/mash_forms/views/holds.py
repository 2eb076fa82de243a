# SPDX-License-Identifier: EUPL-1.2
"""Pages: a supervisor keeps a case from being deleted, or lets it go again."""

from http import HTTPStatus
from typing import Annotated

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.service import HoldService
from mash_forms.views.words import Clerk, ShownApplication, pages, texts
from mash_sdk.http import InUnit, Page, PageForm, Router
from mash_sdk.problems import Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/pages/desk/applications/{application_id}/hold", tags=["pages"])

Holding = Annotated[HoldService, Provide(HoldService)]


@router.post("", response_class=HTMLResponse)
async def hold(
    page: Page, who: Clerk, holding: Holding, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Set or lift the hold of one case, for a reason."""
    values = texts(sent)
    held = values.get("held") == "true"
    reason = values.get("reason", "").replace("\r\n", "\n").strip()
    try:
        await holding.hold(application_id, who, reason, unit, held=held)
    except Invalid as err:
        # A refusal rolls its unit back, and the note of who saw what: so it shows nothing of the case.
        return pages.render(
            page,
            "unheld.html",
            title="Fehler: Löschsperre nicht geändert",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            application_id=application_id,
            held=held,
            reason=reason,
            fault=err.errors[0],
        )
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)
