# SPDX-License-Identifier: EUPL-1.2
"""Pages: a second clerk confirms or refuses what a first one proposes."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.service import ProposalService
from mash_forms.views.words import Clerk, ShownApplication, pages, shown_id, texts
from mash_sdk.http import InUnit, Page, PageForm, Router
from mash_sdk.problems import Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/pages/desk/applications/{application_id}/proposals/{proposal_id}", tags=["pages"])

Proposing = Annotated[ProposalService, Provide(ProposalService)]


async def _proposal(proposal_id: str) -> str:
    return shown_id(proposal_id)


ShownProposal = Annotated[str, Depends(_proposal)]


@router.post("/confirmation", response_class=HTMLResponse)
async def confirm(
    page: Page,
    who: Clerk,
    proposing: Proposing,
    unit: InUnit,
    application_id: ShownApplication,
    proposal_id: ShownProposal,
    _sent: PageForm,
) -> Response:
    """Confirm a colleague's proposal: with that it is decided."""
    await proposing.confirm(application_id, proposal_id, who, unit)
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)


@router.post("/refusal", response_class=HTMLResponse)
async def refuse(
    page: Page,
    who: Clerk,
    proposing: Proposing,
    unit: InUnit,
    application_id: ShownApplication,
    proposal_id: ShownProposal,
    sent: PageForm,
) -> Response:
    """Refuse a colleague's proposal, for a reason."""
    reason = texts(sent).get("reason", "").replace("\r\n", "\n").strip()
    try:
        await proposing.refuse(application_id, proposal_id, reason, who, unit)
    except Invalid as err:
        # A refusal rolls its unit back, and the note of who saw what: so it shows nothing of the case.
        return pages.render(
            page,
            "unrefused.html",
            title="Fehler: Noch nicht abgelehnt",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            application_id=application_id,
            proposal_id=proposal_id,
            reason=reason,
            fault=err.errors[0],
        )
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)
