# SPDX-License-Identifier: EUPL-1.2
"""Pages of treasurers: find a payment, see its ledger, give money back, read statements, settle a period."""

import csv
import hashlib
import io
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from mash_payments.service import BankService, CashDesk, NotAStatement, Refunds, RequestRefund, Resolve
from mash_payments.views import words
from mash_sdk import journey
from mash_sdk.database import Database, Unit
from mash_sdk.http import After, Allow, InUnit, Page, PageContext, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Fault, Invalid, NotFound, Problem
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/desk/payments", tags=["pages"])
pages = Pages(
    "mash_payments",
    {
        "account": words.account,
        "kind": lambda kind: words.KINDS.get(kind, kind),
        "provider": lambda name: words.PROVIDERS.get(name, name),
        "payment_state": words.PAYMENTS.__getitem__,
        "attempt_state": words.ATTEMPTS.__getitem__,
        "refund_state": words.REFUNDS.__getitem__,
        "line_state": words.LINES.__getitem__,
        "reason": lambda reason: words.REASONS.get(reason, ""),
    },
)

Treasurer = Annotated[Principal, Depends(Allow("treasurer"))]
Desk = Annotated[CashDesk, Provide(CashDesk)]
Bank = Annotated[BankService, Provide(BankService)]
Back = Annotated[Refunds, Provide(Refunds)]
Data = Annotated[Database, Provide(Database)]
Words = Annotated[StorableText, Query(max_length=80)]
Day = Annotated[str, Query(max_length=10)]
LENGTH = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """A refund as it was typed."""

    refund_id: str
    attempt_id: str
    amount: str
    reason: str


@router.get("", response_class=HTMLResponse)
async def overview(
    page: Page, who: Treasurer, desk: Desk, unit: InUnit, q: Words = "", after: After = None
) -> HTMLResponse:
    """Payments, newest first or as searched for, and what waits for a person."""
    start = parse_id(after, "?after") if after else None
    found = await desk.search(q, who.subject, unit, limit=LENGTH + 1, after=start)
    waiting = await desk.waiting(unit)
    return pages.render(
        page,
        "cash.html",
        title="Kasse",
        payments=found[:LENGTH],
        next=found[LENGTH - 1].id if len(found) > LENGTH else None,
        q=q,
        first=after is None,
        waiting=waiting,
    )


@router.get("/waiting", response_class=HTMLResponse)
async def waiting_list(page: Page, _: Treasurer, desk: Desk, unit: InUnit) -> HTMLResponse:
    """Lines of statements nobody has assigned, and money that has to go back."""
    return pages.render(page, "waiting.html", title="Zu klären", waiting=await desk.waiting(unit))


@router.get("/lines/{line_id}", response_class=HTMLResponse)
async def line(page: Page, who: Treasurer, desk: Desk, unit: InUnit, line_id: str) -> HTMLResponse:
    """One line, and what it may be."""
    found = await desk.line(parse_id(line_id, "?line_id"), who.subject, unit)
    if found is None:
        raise NotFound("Diesen Umsatz gibt es nicht.")
    return pages.render(
        page, "line.html", title="Umsatz zuordnen", kept=found, providers=words.PROVIDERS, problem=None
    )


@router.post("/lines/{line_id}", response_class=HTMLResponse)
async def resolve(
    page: Page, who: Treasurer, desk: Desk, bank: Bank, unit: InUnit, form: PageForm, line_id: str
) -> Response:
    """Take a treasurer's word on a line."""
    id_ = parse_id(line_id, "?line_id")
    what = field(form, "what")
    if what not in {"payment", "payout", "return"}:
        raise Invalid("Bitte wählen Sie, was der Umsatz ist.")
    name = field(form, "provider" if what == "payout" else "number")
    try:
        await bank.resolve(Resolve(id_, who.subject, what, name, field(form, "note")), unit)  # type: ignore[arg-type]
    except Invalid as problem:
        await unit.discard()
        found = await desk.line(id_, who.subject, unit)
        return pages.render(
            page,
            "line.html",
            title="Fehler: Umsatz zuordnen",
            status=problem.status,
            kept=found,
            providers=words.PROVIDERS,
            problem=problem,
        )
    return RedirectResponse(page.url("/desk/payments/waiting"), status_code=303)


@router.get("/statements", response_class=HTMLResponse)
async def statements(page: Page, _: Treasurer) -> HTMLResponse:
    """Where a statement is handed in."""
    return pages.render(page, "statements.html", title="Kontoauszug einlesen", said="", done=[])


@router.post("/statements", response_class=HTMLResponse)
async def load(page: Page, who: Treasurer, bank: Bank, unit: InUnit, form: PageForm) -> HTMLResponse:
    """Read a statement: all of it or nothing."""
    upload = form.get("statement")
    body = await upload.read() if isinstance(upload, UploadFile) else b""
    await form.close()
    title = "Kontoauszug einlesen"
    try:
        found = await bank.read(body)
        digest = hashlib.sha256(body).hexdigest()
        done = [await bank.load(one, digest, who.subject, unit) for one in found]
    except (NotAStatement, Problem) as err:
        await unit.discard()
        said = str(err) if isinstance(err, NotAStatement) else str(err.detail)
        return pages.render(page, "statements.html", title=f"Fehler: {title}", status=422, said=said, done=[])
    return pages.render(page, "statements.html", title=title, said="", done=done)


@router.get("/settlement", response_class=HTMLResponse)
async def settlement(
    page: Page, who: Treasurer, desk: Desk, unit: InUnit, since: Day = "", until: Day = ""
) -> HTMLResponse:
    """A period's accounts: what they held, what changed, what they hold."""
    zone = page.tenant.timezone if page.tenant else "Europe/Berlin"
    first, last, begin, end = words.period(since, until, unit.clock.now().date(), zone)
    found = await desk.settlement(begin, end, who.subject, unit)
    return pages.render(page, "settlement.html", title="Abrechnung", found=found, first=first, last=last)


@router.get("/settlement.csv")
async def settlement_csv(
    page: Page, who: Treasurer, desk: Desk, unit: InUnit, since: Day = "", until: Day = ""
) -> Response:
    """The same period's bookings, a line each, for the city's own books."""
    zone = page.tenant.timezone if page.tenant else "Europe/Berlin"
    first, last, begin, end = words.period(since, until, unit.clock.now().date(), zone)
    found = await desk.settlement(begin, end, who.subject, unit)
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(["Buchung", "Zeitpunkt", "Art", "Kassenzeichen", "Konto", "Soll", "Haben", "Währung"])
    for one in found.booked:
        debit, credit = (one.cents, 0) if one.cents > 0 else (0, -one.cents)
        rows.writerow(
            [
                one.booking_id,
                one.booked_at.isoformat(timespec="seconds"),
                words.KINDS.get(one.kind, one.kind),
                one.receipt_number or "",
                words.account(one.account),
                words.plain(debit) if debit else "",
                words.plain(credit) if credit else "",
                one.currency,
            ]
        )
    # Spreadsheets take UTF-8 for it only with this mark.
    body = "\ufeff" + out.getvalue()
    name = f"abrechnung-{first}-{last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{payment_id}", response_class=HTMLResponse)
async def case(page: Page, who: Treasurer, desk: Desk, unit: InUnit, payment_id: str) -> HTMLResponse:
    """A payment, its attempts and refunds, and all that was booked for it."""
    return await _case(page, who, desk, unit, parse_id(payment_id, "?payment_id"))


@router.post("/{payment_id}/refunds", response_class=HTMLResponse)
async def give_back(
    page: Page, who: Treasurer, desk: Desk, back: Back, data: Data, form: PageForm, payment_id: str
) -> Response:
    """Give money back, in whole or in part: first the amount is shown as it was read, then it goes."""
    id_ = parse_id(payment_id, "?payment_id")
    said = Asked(
        parse_id(field(form, "refund_id"), "/refund_id"),
        parse_id(field(form, "attempt_id"), "/attempt_id"),
        field(form, "amount"),
        field(form, "reason"),
    )
    try:
        cmd = RequestRefund(
            tenant=who.tenant,
            by=who.subject,
            refund_id=said.refund_id,
            payment_id=id_,
            attempt_id=said.attempt_id,
            cents=words.cents(said.amount),
            reason=said.reason,
        )
        if field(form, "confirmed") != "yes":
            async with data.unit(who.tenant) as unit:
                payment = await back.look_over(cmd, unit)
            return pages.render(
                page, "refund.html", title="Erstattung prüfen", payment=payment, cmd=cmd, asked=said
            )
        await back.request(cmd)
    except Invalid as problem:
        async with data.unit(who.tenant) as unit:
            return await _case(page, who, desk, unit, id_, said, problem)
    return RedirectResponse(page.url(f"/desk/payments/{payment_id}"), status_code=303)


@router.post("/{payment_id}/refunds/{refund_id}", response_class=HTMLResponse)
async def found_out(
    page: Page,
    who: Treasurer,
    desk: Desk,
    back: Back,
    data: Data,
    form: PageForm,
    payment_id: str,
    refund_id: str,
) -> Response:
    """What a treasurer saw at the provider about a refund nobody can ask for."""
    outcome = field(form, "outcome")
    if outcome not in {"done", "not-done"}:
        problem = Invalid("Bitte wählen Sie, ob die Erstattung erfolgt ist.")
        async with data.unit(who.tenant) as unit:
            return await _case(page, who, desk, unit, parse_id(payment_id, "?payment_id"), problem=problem)
    await back.found_out(
        who.tenant, parse_id(refund_id, "?refund_id"), by=who.subject, done=outcome == "done"
    )
    return RedirectResponse(page.url(f"/desk/payments/{payment_id}"), status_code=303)


async def _case(
    page: PageContext,
    who: Principal,
    desk: CashDesk,
    unit: Unit,
    payment_id: str,
    asked: Asked | None = None,
    problem: Invalid | None = None,
) -> HTMLResponse:
    found = await desk.case(payment_id, who.subject, unit)
    journey.join(found.payment.application_id)
    return pages.render(
        page,
        "cash_case.html",
        title=f"{'Fehler: ' if problem else ''}{found.payment.receipt_number}",
        status=problem.status if problem else 200,
        case=found,
        asked=asked,
        problem=problem,
        refund_id=asked.refund_id if asked else new_id(),
    )


def field(form: FormData, name: str) -> str:
    """A field's text, at most 500 letters. Raises Invalid."""
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > 500:  # noqa: PLR2004
        raise Invalid(
            "Ein Feld ist nicht lesbar.", errors=[Fault(f"/{name}", "ist zu lang", "Kürzer schreiben.")]
        )
    return value
