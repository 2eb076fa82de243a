# SPDX-License-Identifier: EUPL-1.2
"""Way in of a clerk who confirms that somebody may act for another."""

from http import HTTPStatus
from typing import Annotated

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.service import ProofService
from mash_forms.views.words import Clerk, ShownApplication
from mash_sdk.http import InUnit, Page, PageForm, Router
from mash_sdk.provide import Provide

router = Router(prefix="/pages/desk/applications", tags=["pages"])

Proving = Annotated[ProofService, Provide(ProofService)]


@router.post("/{application_id}/proof", response_class=HTMLResponse)
async def confirm(
    page: Page, who: Clerk, proving: Proving, unit: InUnit, application_id: ShownApplication, _sent: PageForm
) -> Response:
    """Confirm the proof that was sent."""
    await proving.confirm(application_id, who, unit)
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)
