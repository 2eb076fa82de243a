# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP, for programs."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, Field

from mash_lost_and_found.model import Category, Kind, Match, Report
from mash_lost_and_found.service import Collect, FileReport, LostAndFoundService
from mash_sdk import journey
from mash_sdk.http import After, Allow, IdempotencyKey, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/lost-and-found/v1", tags=["lost-and-found"])

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Use = Annotated[LostAndFoundService, Provide(LostAndFoundService)]


class NewReport(BaseModel):
    kind: Kind
    category: Category
    description: StorableText = Field(description="as somebody would describe it who does not know it")
    place: StorableText
    day: date = Field(description="when it was lost or found")
    contact: StorableText = Field(description="how the office reaches the reporter")


class MatchView(BaseModel):
    """A found thing that may be the lost one. Of the other report only what makes them alike is told."""

    id: str
    score: int = Field(description="0 to 100")
    reasons: list[str]
    collect_at: datetime | None

    @classmethod
    def of(cls, match: Match) -> "MatchView":
        return cls(id=match.id, score=match.score, reasons=list(match.reasons), collect_at=match.collect_at)


class ReportView(NewReport):
    id: str
    filed_at: datetime
    closed_at: datetime | None = Field(description="since when its thing is given to who lost it")
    delete_after: datetime

    @classmethod
    def of(cls, report: Report) -> "ReportView":
        return cls(
            id=report.id,
            kind=report.kind,
            category=report.category,
            description=report.description,
            place=report.place,
            day=report.day,
            contact=report.contact,
            filed_at=report.filed_at,
            closed_at=report.closed_at,
            delete_after=report.delete_after,
        )


class ReportWithMatches(ReportView):
    matches: list[MatchView]


class ReportPage(BaseModel):
    """Reports, newest first; `next` goes into `?after=`."""

    items: list[ReportView]
    next: str | None


class Appointment(BaseModel):
    at: AwareDatetime = Field(description="one of /appointments")


@router.get("/reports")
async def list_reports(
    who: Citizen, unit: InUnit, use: Use, limit: Limit = 50, after: After = None
) -> ReportPage:
    """The caller's own reports."""
    cursor = parse_id(after, "?after") if after else None
    found = await use.list_own(who.subject, unit, limit=limit + 1, after=cursor)
    shown = found[:limit]
    following = shown[-1].id if len(found) > limit else None
    return ReportPage(items=[ReportView.of(report) for report in shown], next=following)


@router.post("/reports", status_code=201)
async def file_report(
    body: NewReport, who: Citizen, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> ReportView:
    """Report what was lost or found."""
    command = FileReport(
        new_id(),
        body.kind,
        body.category,
        body.description,
        body.place,
        body.day,
        who.subject,
        body.contact,
    )
    journey.join(command.id)
    return ReportView.of(await use.file(command, unit))


@router.get("/reports/{report_id}")
async def get_report(report_id: str, who: Citizen, unit: InUnit, use: Use) -> ReportWithMatches:
    """One of the caller's reports, and what it matches."""
    report = await use.own(who.subject, unit, parse_id(report_id, "?report_id"))
    journey.join(report.id)
    matches = [MatchView.of(match) for match in await use.matches(report, unit)]
    return ReportWithMatches(**ReportView.of(report).model_dump(), matches=matches)


@router.delete("/reports/{report_id}", status_code=204)
async def withdraw_report(report_id: str, who: Citizen, unit: InUnit, use: Use) -> None:
    """Delete one of the caller's reports, unless somebody is still to come for the thing."""
    await use.withdraw(who.subject, unit, parse_id(report_id, "?report_id"))


@router.get("/appointments")
async def list_appointments(_who: Citizen, unit: InUnit, use: Use) -> list[datetime]:
    """When something can be collected."""
    return await use.free(unit)


@router.post("/matches/{match_id}/collection")
async def agree_collection(
    match_id: str, body: Appointment, who: Citizen, unit: InUnit, use: Use
) -> MatchView:
    """Agree when to collect; only for who lost the thing."""
    command = Collect(parse_id(match_id, "?match_id"), who.subject, body.at)
    return MatchView.of(await use.collect(command, unit))
