# SPDX-License-Identifier: EUPL-1.2
"""Way in: pages. What a payer sees: the fee, how to pay it, how it stands, the receipt."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mash_payments.model import Payment, PaymentState
from mash_payments.service import Checkout, PaymentService, StartPayment
from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Page, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Conflict, NotFound, Unavailable
from mash_sdk.provide import Provide

router = Router()
pages = Pages("mash_payments")

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Payments = Annotated[PaymentService, Provide(PaymentService)]
Paying = Annotated[Checkout, Provide(Checkout)]


async def _application(application_id: str) -> str:
    return parse_id(application_id, "?application_id")


ApplicationId = Annotated[str, Depends(_application)]

METHODS = {
    "CREDITCARD": "Kreditkarte",
    "PAYPAL": "PayPal",
    "GIROPAY": "Überweisung",
    "PAYDIRECT": "Überweisung",
}


@router.get("/pay/{application_id}", response_class=HTMLResponse)
async def show(page: Page, who: Citizen, application_id: ApplicationId, paying: Paying) -> HTMLResponse:
    """The fee of an application and how its payment stands."""
    try:
        payment = await paying.show(who.tenant, who.subject, application_id)
    except NotFound:
        return pages.render(page, "none.html", title="Keine Gebühr gefunden", status=404)
    return render(page, payment)


@router.post("/pay/{application_id}", response_class=HTMLResponse)
async def pay(
    page: Page, who: Citizen, application_id: ApplicationId, _form: PageForm, paying: Paying
) -> Response:
    """Send the payer to the provider."""
    try:
        started = await paying.start(StartPayment(who.tenant, who.subject, application_id=application_id))
    except (Unavailable, Conflict) as problem:
        payment = await paying.show(who.tenant, who.subject, application_id)
        return render(page, payment, notice=problem.detail, status=problem.status)
    return RedirectResponse(started.redirect_url or page.url(f"/pay/{application_id}"), status_code=303)


@router.get("/pay/{application_id}/receipt", response_class=HTMLResponse)
async def receipt(
    page: Page, who: Citizen, application_id: ApplicationId, unit: InUnit, payments: Payments
) -> Response:
    """The receipt, to be printed or kept."""
    payment = await payments.own(who.subject, unit, application_id=application_id)
    journey.join(payment.application_id)
    if payment.state is not PaymentState.SETTLED:
        return RedirectResponse(page.url(f"/pay/{application_id}"), status_code=303)
    method = METHODS.get(payment.settling.method, "") if payment.settling else ""
    return pages.render(page, "receipt.html", title="Zahlungsbestätigung", payment=payment, method=method)


@router.get("/pay-return/{attempt_id}", status_code=303, response_class=RedirectResponse)
async def come_back(
    page: Page,
    attempt_id: str,
    who: Anyone,
    paying: Paying,
    sig: Annotated[str, Query(max_length=64)] = "",
) -> RedirectResponse:
    """Where a provider sends the payer. Proves nothing: the provider is asked, the payer sees the state."""
    payment = await paying.returned(who.tenant, attempt_id, sig)
    return RedirectResponse(page.url(f"/pay/{payment.application_id}"), status_code=303)


def render(page: Page, payment: Payment, notice: str = "", status: int = 200) -> HTMLResponse:
    """The page for the state the payment is in."""
    title = "Gebühr bezahlt" if payment.state is PaymentState.SETTLED else "Gebühr bezahlen"
    last = payment.attempts[-1] if payment.attempts else None
    return pages.render(
        page, "pay.html", title=title, status=status, payment=payment, notice=notice, last=last
    )
