# SPDX-License-Identifier: EUPL-1.2
"""Way in: pages. Report what was lost or found, see what fits, choose when to collect it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from mash_lost_and_found.model import Category, Kind
from mash_lost_and_found.service import Collect, FileReport, LostAndFoundService, text_faults
from mash_sdk import journey
from mash_sdk.http import Allow, Fault, InUnit, Page, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Conflict, Invalid, NotFound
from mash_sdk.provide import Provide

router = Router()
pages = Pages("mash_lost_and_found")

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Use = Annotated[LostAndFoundService, Provide(LostAndFoundService)]

CATEGORIES: Final = {
    Category.BAG: "Tasche oder Rucksack",
    Category.CLOTHING: "Kleidung oder Schmuck",
    Category.ELECTRONICS: "Elektronik",
    Category.KEYS: "Schlüssel",
    Category.WALLET: "Geldbörse oder Ausweis",
    Category.OTHER: "Etwas anderes",
}
FIELDS: Final = ("category", "description", "place", "day", "contact")
NEWEST: Final = 50


@router.get("/lost-and-found", response_class=HTMLResponse)
async def start(page: Page, _who: Anyone) -> HTMLResponse:
    """What can be done here."""
    return pages.render(page, "start.html", title="Fundbüro")


@router.get("/lost-and-found/reports", response_class=HTMLResponse)
async def list_own(page: Page, who: Citizen, unit: InUnit, use: Use) -> HTMLResponse:
    """One's own reports."""
    found = await use.list_own(who.subject, unit, limit=NEWEST, after=None)
    return pages.render(page, "reports.html", title="Ihre Meldungen", reports=found, categories=CATEGORIES)


@router.get("/lost-and-found/reports/new", response_class=HTMLResponse)
async def ask(page: Page, who: Citizen, kind: Kind = Kind.LOST) -> HTMLResponse:
    """An empty form. Its id is in it: sent twice, it is one report."""
    return _form(page, kind, new_id(), {"contact": who.email}, {})


@router.post("/lost-and-found/reports", response_class=HTMLResponse)
async def file(page: Page, form: PageForm, who: Citizen, unit: InUnit, use: Use) -> Response:
    """Report it, or say at each field what is wrong."""
    given = {name: str(form.get(name, "")) for name in FIELDS}
    report_id = parse_id(str(form.get("id", "")))
    kind = Kind.FOUND if form.get("kind") == Kind.FOUND else Kind.LOST
    journey.join(report_id)
    try:
        await use.file(_command(report_id, kind, given, who.subject), unit)
    except Invalid as problem:
        faults = {fault.pointer.removeprefix("/"): fault for fault in problem.errors}
        return _form(page, kind, report_id, given, faults)
    return RedirectResponse(page.url(f"/lost-and-found/reports/{report_id}"), status_code=303)


@router.get("/lost-and-found/reports/{report_id}", response_class=HTMLResponse)
async def show(page: Page, report_id: str, who: Citizen, unit: InUnit, use: Use) -> HTMLResponse:
    """A report, what it matches, and when that can be collected."""
    return await _show(page, report_id, who, unit, use)


@router.post("/lost-and-found/reports/{report_id}/collection", response_class=HTMLResponse)
async def collect(
    page: Page, report_id: str, form: PageForm, who: Citizen, unit: InUnit, use: Use
) -> Response:
    """Agree when to collect."""
    try:
        command = Collect(parse_id(str(form.get("match", "")), "/match"), who.subject, _moment(form))
        await use.collect(command, unit)
    except (Conflict, Invalid, NotFound) as problem:
        return await _show(page, report_id, who, unit, use, notice=problem.detail, status=problem.status)
    return RedirectResponse(page.url(f"/lost-and-found/reports/{report_id}"), status_code=303)


@router.post("/lost-and-found/reports/{report_id}/withdrawal", response_class=HTMLResponse)
async def withdraw(
    page: Page, report_id: str, _form: PageForm, who: Citizen, unit: InUnit, use: Use
) -> Response:
    """Delete a report."""
    try:
        await use.withdraw(who.subject, unit, parse_id(report_id, "?report_id"))
    except Conflict as problem:
        return await _show(page, report_id, who, unit, use, notice=problem.detail, status=problem.status)
    return RedirectResponse(page.url("/lost-and-found/reports"), status_code=303)


async def _show(
    page: Page, report_id: str, who: Citizen, unit: InUnit, use: Use, notice: str = "", status: int = 200
) -> HTMLResponse:
    report = await use.own(who.subject, unit, parse_id(report_id, "?report_id"))
    journey.join(report.id)
    matches = await use.matches(report, unit)
    return pages.render(
        page,
        "report.html",
        title="Verlust" if report.kind is Kind.LOST else "Fund",
        status=status,
        report=report,
        matches=matches,
        awaited=any(match.awaited(unit.clock.now()) for match in matches),
        free=await use.free(unit),
        categories=CATEGORIES,
        notice=notice,
    )


def _form(
    page: Page, kind: Kind, report_id: str, given: Mapping[str, str], faults: Mapping[str, Fault]
) -> HTMLResponse:
    return pages.render(
        page,
        "new.html",
        title="Verlust melden" if kind is Kind.LOST else "Fund melden",
        status=422 if faults else 200,
        kind=kind,
        report_id=report_id,
        given=dict.fromkeys(FIELDS, "") | dict(given),
        faults=faults,
        categories=CATEGORIES,
    )


def _command(report_id: str, kind: Kind, given: Mapping[str, str], reporter: str) -> FileReport:
    faults = text_faults(given)
    try:
        category = Category(given["category"])
    except ValueError:
        category = Category.OTHER
        faults.append(Fault("/category", "fehlt", "Bitte auswählen."))
    try:
        day = date.fromisoformat(given["day"])
    except ValueError:
        day = date.min
        faults.append(Fault("/day", "ist kein Datum", "Bitte als TT.MM.JJJJ angeben."))
    if faults:
        raise Invalid("Angaben fehlen oder sind falsch.", errors=faults)
    return FileReport(
        report_id, kind, category, given["description"], given["place"], day, reporter, given["contact"]
    )


def _moment(form: FormData) -> datetime:
    try:
        at = datetime.fromisoformat(str(form.get("at", "")))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("Bitte einen Termin auswählen.")
    return at
