# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. Deciding by four eyes, for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from pydantic import Field

from mash_forms.api.applications import ApplicationId, ApplicationView, Clerk, NewDecision
from mash_forms.model.application import Outcome
from mash_forms.model.proposal import Proposal, Refused
from mash_forms.public import View
from mash_forms.service import Decide, ProposalService
from mash_sdk.http import IdempotencyKey, InUnit, Router
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/forms/v1/applications/{application_id}", tags=["forms"])

Proposing = Annotated[ProposalService, Provide(ProposalService)]


async def _proposal(proposal_id: Annotated[str, Path(max_length=36, description="UUIDv7")]) -> str:
    return parse_id(proposal_id, "?proposal_id")


ProposalId = Annotated[str, Depends(_proposal)]


class ProposalView(View):
    """A decision that one clerk proposes, by their subject."""

    id: str
    outcome: Outcome
    reason: str
    proposed_by: str
    proposed_at: datetime

    @classmethod
    def of(cls, one: Proposal) -> "ProposalView":
        return cls(id=one.id, outcome=one.outcome, reason=one.reason, proposed_by=one.by, proposed_at=one.at)


class RefusedView(ProposalView):
    """A proposal that another clerk refused, and why."""

    refusal: str
    refused_by: str
    refused_at: datetime

    @classmethod
    def of_refused(cls, one: Refused) -> "RefusedView":
        told = ProposalView.of(one.proposal).model_dump()
        return cls(**told, refusal=one.reason, refused_by=one.by, refused_at=one.at)


class ProposalsView(View):
    """What waits for a second clerk, and what was refused, the newest first."""

    waiting: ProposalView | None
    refused: Sequence[RefusedView]


class NewRefusal(View):
    reason: StorableText = Field(min_length=1, max_length=4000)


@router.get("/proposals")
async def list_proposals(
    who: Clerk, unit: InUnit, proposing: Proposing, application_id: ApplicationId
) -> ProposalsView:
    """What clerks propose to decide, where the form asks for four eyes."""
    waiting, refused = await proposing.seen(application_id, who, unit)
    return ProposalsView(
        waiting=ProposalView.of(waiting) if waiting else None,
        refused=[RefusedView.of_refused(one) for one in refused],
    )


@router.post("/proposals", status_code=201)
async def propose(
    who: Clerk,
    unit: InUnit,
    proposing: Proposing,
    application_id: ApplicationId,
    body: NewDecision,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ProposalView:
    """Propose a decision. Another clerk has to confirm it."""
    cmd = Decide(application_id, body.outcome, body.reason, who)
    return ProposalView.of(await proposing.propose(cmd, unit))


@router.post("/proposals/{proposal_id}/confirmation")
async def confirm(
    who: Clerk,
    unit: InUnit,
    proposing: Proposing,
    application_id: ApplicationId,
    proposal_id: ProposalId,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Confirm a colleague's proposal: with that it is decided, and the applicant gets a letter."""
    return ApplicationView.of(await proposing.confirm(application_id, proposal_id, who, unit))


@router.post("/proposals/{proposal_id}/refusal", status_code=204)
async def refuse(
    who: Clerk,
    unit: InUnit,
    proposing: Proposing,
    application_id: ApplicationId,
    proposal_id: ProposalId,
    body: NewRefusal,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> None:
    """Refuse a colleague's proposal. The case is as it was before."""
    await proposing.refuse(application_id, proposal_id, body.reason, who, unit)
