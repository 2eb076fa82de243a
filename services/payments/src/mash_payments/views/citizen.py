# SPDX-License-Identifier: EUPL-1.2
"""Way in: pages. What a payer sees: the fee, how to pay it, how it stands, the receipt."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mash_payments.model import USED, Method, Payment, PaymentState
from mash_payments.service import Checkout, PaymentService, StartPayment
from mash_payments.views.phrases import PHRASES, WHY
from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Page, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Conflict, Invalid, NotFound, Unavailable
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

FIELDS = {"csrf", "method"}


@router.get("/pay/{application_id}", response_class=HTMLResponse)
async def show(page: Page, who: Citizen, application_id: ApplicationId, paying: Paying) -> HTMLResponse:
    """The fee of an application and how its payment stands."""
    try:
        payment = await paying.show(who.tenant, who.subject, application_id)
    except NotFound:
        return pages.render(page, "none.html", title="Keine Gebühr gefunden", status=404)
    return render(page, payment, paying)


@router.post("/pay/{application_id}", response_class=HTMLResponse)
async def pay(
    page: Page, who: Citizen, application_id: ApplicationId, form: PageForm, paying: Paying
) -> Response:
    """Send the payer to the provider. The form has no other field: card and account numbers have no place."""
    if set(form) - FIELDS:
        raise Invalid("Dieses Formular hat nur ein Feld: die Zahlart.")
    method = form.get("method")
    try:
        started = await paying.start(
            StartPayment(
                who.tenant,
                who.subject,
                application_id=application_id,
                method=str(method) if method else None,
            )
        )
    except (Unavailable, Conflict) as problem:
        payment = await paying.show(who.tenant, who.subject, application_id)
        return render(page, payment, paying, notice=problem.detail, status=problem.status)
    return RedirectResponse(started.redirect_url or page.url(f"/pay/{application_id}"), status_code=303)


TITLES = {
    PaymentState.SETTLED: "Gebühr bezahlt",
    PaymentState.WAIVED: "Gebühr entfallen",
    PaymentState.EXPIRED: "Gebühr entfallen",
}


@router.get("/pay/{application_id}/receipt", response_class=HTMLResponse)
async def receipt(
    page: Page, who: Citizen, application_id: ApplicationId, unit: InUnit, payments: Payments
) -> Response:
    """The receipt, to be printed or kept."""
    payment = await payments.own(who.subject, unit, application_id=application_id)
    journey.join(payment.application_id)
    if payment.state is not PaymentState.SETTLED:
        return RedirectResponse(page.url(f"/pay/{application_id}"), status_code=303)
    method = USED.get(payment.settling.method, "") if payment.settling else ""
    say = PHRASES.say(payment.language)
    title = say("Zahlungsbestätigung")
    return pages.render(page, "receipt.html", title=title, payment=payment, method=method, say=say)


@router.get("/pay-return/{attempt_id}", status_code=303, response_class=RedirectResponse)
async def come_back(
    page: Page,
    attempt_id: str,
    who: Anyone,
    paying: Paying,
    sig: Annotated[str, Query(max_length=64)] = "",
    gave_up: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> RedirectResponse:
    """Where a provider sends the payer. Proves nothing: the provider is asked, the payer sees the state."""
    payment = await paying.returned(who.tenant, attempt_id, sig, gave_up=gave_up)
    return RedirectResponse(page.url(f"/pay/{payment.application_id}"), status_code=303)


def render(
    page: Page, payment: Payment, paying: Checkout, notice: str = "", status: int = 200
) -> HTMLResponse:
    """The page for the state the payment is in."""
    say = PHRASES.say(payment.language)
    title = say(TITLES.get(payment.state, "Gebühr bezahlen"))
    methods = paying.methods(page.principal.tenant)
    last = payment.attempts[-1] if payment.attempts else None
    return pages.render(
        page,
        "pay.html",
        title=title,
        status=status,
        payment=payment,
        methods=methods,
        chosen=chosen(payment, methods),
        notice=say(notice) if notice in PHRASES else notice,
        last=last,
        demo_days=paying.demo_days(page.principal.tenant),
        say=say,
        why=WHY,
    )


def chosen(payment: Payment, methods: Sequence[Method]) -> str:
    """The method that stands selected: that of the open attempt, else the first."""
    if payment.open_attempt is not None:
        return payment.open_attempt.chosen
    return methods[0].code if methods else ""
