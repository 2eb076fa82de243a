# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. The office's cases for programs: the list, and who works on what."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from mash_forms.api.applications import ApplicationId, Clerk, Desk, typed_reference
from mash_forms.model.application import Application, Outcome, State
from mash_forms.public import View
from mash_forms.service import (
    Bulk,
    BulkService,
    CaseworkService,
    DeskService,
    DoAll,
    FigureService,
    Paging,
    QueueFilter,
)
from mash_forms.service.bulk import MOST
from mash_sdk.database import Unit
from mash_sdk.http import After, IdempotencyKey, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/forms/v1/cases", tags=["cases"])


class ClaimView(View):
    """Which clerk has it in work, and since when."""

    name: str
    mine: bool
    since: datetime

    @classmethod
    def of(cls, application: Application, who: Principal) -> "ClaimView | None":
        claim = application.claim
        return None if claim is None else cls(name=claim.name, mine=claim.by == who.subject, since=claim.at)


class CaseView(View):
    """A case as the desk's list has it."""

    id: str
    reference: str
    form: str
    office: str
    state: State
    submitted_at: datetime
    changed_at: datetime
    claim: ClaimView | None
    stage: str = Field(description="where in its form's workflow it is; empty before and after")
    due_on: date | None = Field(description="the day by which it has to leave there")
    overdue: bool

    @classmethod
    def of(cls, application: Application, who: Principal, today: date) -> "CaseView":
        return cls(
            id=application.id,
            reference=application.reference,
            form=application.form,
            office=application.office,
            state=application.state,
            submitted_at=application.submitted_at,
            changed_at=application.changed_at or application.submitted_at,
            claim=ClaimView.of(application, who),
            stage=application.stage,
            due_on=application.due_on,
            overdue=application.due_on is not None and application.due_on < today,
        )


class CaseList(View):
    items: Sequence[CaseView]
    next: str | None
    capped: bool = Field(
        False, description="a search: more cases hold the words than the newest 1,000, which were looked at"
    )


class NewClaim(View):
    """`take_over`: also if a colleague has it in work; that is noted in the audit trail."""

    take_over: bool = False


class NewSearch(View):
    """Words as people type them into a search: all have to occur, "…" stands for a phrase, - for without."""

    words: StorableText = Field(min_length=1, max_length=200)
    state: State | None = None
    form: StorableText | None = Field(None, max_length=80)
    office: StorableText | None = Field(None, max_length=80)
    mine: bool = False
    overdue: bool = False
    limit: int = Field(50, ge=1, le=100)
    after: str | None = Field(None, max_length=200)


class NewMove(View):
    """A transition of the form's workflow, by its id."""

    transition: StorableText = Field(max_length=80)


class NewBulk(View):
    """What is done to these cases; `outcome` and `reason` for decisions."""

    does: Bulk
    ids: list[str] = Field(max_length=MOST)
    outcome: Outcome | None = None
    reason: StorableText = Field("", max_length=4000)


class BulkResult(View):
    id: str
    done: bool
    detail: str = Field(description="why it was refused")


class BulkList(View):
    items: Sequence[BulkResult]


class FigureView(View):
    """`decided` and `median_days` (from handing in) count the decisions of the last 365 days."""

    form: str
    open: int
    overdue: int
    decided: int
    median_days: float | None


class FigureList(View):
    items: Sequence[FigureView]


AllOf = Annotated[BulkService, Provide(BulkService)]
Counting = Annotated[FigureService, Provide(FigureService)]
Working = Annotated[CaseworkService, Provide(CaseworkService)]
FormFilter = Annotated[StorableText | None, Query(max_length=80, description="a form's name")]
OfficeFilter = Annotated[StorableText | None, Query(max_length=80, description="an office's id")]


@router.get("")
async def list_cases(
    who: Clerk,
    unit: InUnit,
    desk: Desk,
    state: State | None = None,
    reference: Annotated[str | None, Query(max_length=40)] = None,
    form: FormFilter = None,
    office: OfficeFilter = None,
    mine: Annotated[bool, Query(description="only what the caller has in work")] = False,  # noqa: FBT002
    overdue: Annotated[bool, Query(description="only what should have been done before today")] = False,  # noqa: FBT002
    limit: Limit = 50,
    after: After = None,
) -> CaseList:
    """The cases of the caller's offices: what waits for the office first, the oldest on top."""
    wanted = QueueFilter(state, typed_reference(reference), form, office, who.subject if mine else None)
    return await _listed(wanted, Paging(limit, after), who, unit, desk, overdue=overdue)


@router.post("/search")
async def search_cases(who: Clerk, unit: InUnit, desk: Desk, body: NewSearch) -> CaseList:
    """Cases whose reference, applicant or answers hold these words. Asked by POST: words may be names."""
    wanted = QueueFilter(
        body.state, None, body.form, body.office, who.subject if body.mine else None, words=body.words
    )
    return await _listed(wanted, Paging(body.limit, body.after), who, unit, desk, overdue=body.overdue)


@router.post("/bulk")
async def do_all(
    who: Clerk,
    all_of: AllOf,
    body: NewBulk,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> BulkList:
    """Take several cases up, put them back or decide them with one reason. Each has its own result."""
    ids, unread = _read(body.ids)
    if unread and not ids:
        parse_id(body.ids[0], "/ids/0")
    done = await all_of.do(DoAll(body.does, ids, who, body.outcome, body.reason))
    items = [BulkResult(id=one.id, done=not one.refused, detail=one.refused) for one in done]
    return BulkList(items=[*items, *unread])


@router.get("/figures")
async def figures(who: Clerk, unit: InUnit, counting: Counting) -> FigureList:
    """What is open and overdue, and how many days a decision takes, by form."""
    found = await counting.by_form(who, unit)
    return FigureList(
        items=[
            FigureView(
                form=one.form,
                open=one.open,
                overdue=one.overdue,
                decided=one.decided,
                median_days=one.median_days,
            )
            for one in found
        ]
    )


@router.put("/{application_id}/claim")
async def claim(
    who: Clerk, unit: InUnit, desk: Desk, working: Working, application_id: ApplicationId, body: NewClaim
) -> CaseView:
    """Take a case up. What a colleague has stays theirs, unless it is taken over."""
    taken = await working.take_up(application_id, who, unit, over=body.take_over)
    return CaseView.of(taken, who, await desk.today(unit))


@router.post("/{application_id}/release")
async def release(
    who: Clerk,
    unit: InUnit,
    desk: Desk,
    working: Working,
    application_id: ApplicationId,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> CaseView:
    """Put a case back, so that others take it up."""
    back = await working.put_back(application_id, who, unit)
    return CaseView.of(back, who, await desk.today(unit))


@router.post("/{application_id}/moves")
async def move(
    who: Clerk,
    unit: InUnit,
    desk: Desk,
    working: Working,
    application_id: ApplicationId,
    body: NewMove,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> CaseView:
    """Take a case along a transition of its form's workflow."""
    moved = await working.move(application_id, body.transition, who, unit)
    return CaseView.of(moved, who, await desk.today(unit))


def _read(texts: Sequence[str]) -> tuple[list[str], list[BulkResult]]:
    """Return the ids, and the refusals of what is none: one slip of the pen stops no other case."""
    ids, unread = [], []
    for text in texts:
        try:
            ids.append(parse_id(text))
        except Invalid as refusal:
            # Half of a surrogate pair, which JSON lets through, cannot be sent back.
            said = text.encode("utf-8", "replace").decode()
            unread.append(BulkResult(id=said, done=False, detail=refusal.detail))
    return ids, unread


async def _listed(
    wanted: QueueFilter, paging: Paging, who: Principal, unit: Unit, desk: DeskService, *, overdue: bool
) -> CaseList:
    listing = await desk.queue(wanted, paging, who, unit, overdue=overdue)
    today = await desk.today(unit)
    return CaseList(
        items=[CaseView.of(item, who, today) for item in listing.items],
        next=listing.next,
        capped=listing.capped,
    )
