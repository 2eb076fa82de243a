# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP for programs. A payer's payments and the attempts to pay them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from mash_payments.model import FIT_CONNECT, Attempt, Money, Payment, Refund, has_card_number
from mash_payments.service import Checkout, Message, PaymentService, StartPayment
from mash_sdk import journey
from mash_sdk.http import REPLAYED, After, Allow, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide

router = Router()

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Payments = Annotated[PaymentService, Provide(PaymentService)]
Paying = Annotated[Checkout, Provide(Checkout)]

KEY = "idempotency-key"
KEY_LENGTH = range(8, 129)
# Read by hand: the SDK's IdempotencyKey keeps a unit open meanwhile, and here a provider is called.
KEY_DOC = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"},
            "description": "New for each intent. The same key for the same payment is answered with the same "
            "attempt as it stands now, and `idempotent-replayed: true`; for another payment or method 409.",
        }
    ]
}


class AmountView(BaseModel):
    """Money in minor units."""

    cents: int
    currency: str = Field(description="ISO 4217")

    @classmethod
    def of(cls, money: Money) -> AmountView:
        return cls(cents=money.cents, currency=money.currency)


class AttemptView(BaseModel):
    """One attempt to pay. `redirect_url` is where the payer has to go, while the attempt is open."""

    id: str
    state: Literal["UNKNOWN", "INITIAL", "PAYED", "CANCELED", "FAILED"]
    fit_connect: Literal["INITIAL", "BOOKED", "CANCELED", "FAILED"] | None = Field(
        description="what FIT-Connect's metadata calls the state; null while it is unknown"
    )
    method: str = Field(description="the method the payer chose")
    started_at: datetime
    redirect_url: str | None = None
    refund: Literal["overpaid", "mismatch", "waived", "expired"] | None = Field(
        None, description="set while the money of this attempt has to go back, and why"
    )

    @classmethod
    def of(cls, attempt: Attempt, *, owed: bool = False) -> AttemptView:
        return cls(
            id=attempt.id,
            state=attempt.state.value,
            fit_connect=FIT_CONNECT[attempt.state],
            method=attempt.chosen,
            started_at=attempt.started_at,
            redirect_url=attempt.redirect_url if attempt.state.value == "INITIAL" else None,
            refund=attempt.flag.value if attempt.flag and owed else None,
        )


class RefundView(BaseModel):
    """Money that goes back to the payer, or has gone."""

    id: str
    attempt_id: str
    amount: AmountView
    requested_at: datetime
    returned_at: datetime | None = Field(description="when it had gone back; null while it is on its way")

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        return cls(
            id=refund.id,
            attempt_id=refund.attempt_id,
            amount=AmountView.of(refund.amount),
            requested_at=refund.requested_at,
            returned_at=refund.ended_at,
        )


class PaymentView(BaseModel):
    """A fee and how it stands."""

    id: str
    application_id: str
    reference: str
    state: Literal["OPEN", "STARTED", "SETTLED", "WAIVED", "EXPIRED"]
    due: AmountView
    demo: bool = Field(description="the amount was made up for the demo")
    receipt_number: str = Field(description="Kassenzeichen")
    opened_at: datetime
    settled_at: datetime | None
    due_at: datetime | None = Field(description="until when it has to be paid; null: there is no end")
    ends_at: datetime | None = Field(description="until when it still can be paid; then it expires")
    attempts: list[AttemptView]
    refunds: list[RefundView]

    @classmethod
    def of(cls, payment: Payment) -> PaymentView:
        return cls(
            id=payment.id,
            application_id=payment.application_id,
            reference=payment.reference,
            state=payment.state.value,
            due=AmountView.of(payment.due),
            demo=payment.demo,
            receipt_number=payment.receipt_number,
            opened_at=payment.opened_at,
            settled_at=payment.settled_at,
            due_at=payment.deadlines.due_at if payment.deadlines else None,
            ends_at=payment.deadlines.ends_at if payment.deadlines else None,
            attempts=[
                AttemptView.of(attempt, owed=payment.owed(attempt).cents > 0) for attempt in payment.attempts
            ],
            refunds=[RefundView.of(refund) for refund in payment.going_back],
        )


class MethodView(BaseModel):
    """A way to pay that the city offers."""

    code: str
    title: str
    text: str


class PaymentPage(BaseModel):
    """A page of payments, newest first; `next` goes into `?after=`."""

    items: list[PaymentView]
    next: str | None


@router.get("/api/payments/v1/payments")
async def list_payments(
    who: Citizen, unit: InUnit, payments: Payments, limit: Limit = 50, after: After = None
) -> PaymentPage:
    """The caller's own payments."""
    cursor = parse_id(after, "?after") if after else None
    found = await payments.list_own(who.subject, unit, limit=limit + 1, after=cursor)
    shown = found[:limit]
    return PaymentPage(
        items=[PaymentView.of(payment) for payment in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/api/payments/v1/payments/{payment_id}")
async def get_payment(payment_id: str, who: Citizen, unit: InUnit, payments: Payments) -> PaymentView:
    """One of the caller's payments."""
    payment = await payments.own(who.subject, unit, payment_id=parse_id(payment_id, "?payment_id"))
    journey.join(payment.application_id)
    return PaymentView.of(payment)


@router.get("/api/payments/v1/methods")
async def list_methods(who: Citizen, paying: Paying) -> list[MethodView]:
    """The ways to pay that the city offers, in its order."""
    return [MethodView(code=m.code, title=m.title, text=m.text) for m in paying.methods(who.tenant)]


@router.post(
    "/api/payments/v1/payments/{payment_id}/attempts",
    status_code=201,
    openapi_extra=KEY_DOC,
    responses={200: {"model": AttemptView, "description": "an attempt that was there already"}},
)
async def start_attempt(
    payment_id: str,
    request: Request,
    response: Response,
    who: Citizen,
    paying: Paying,
    method: Annotated[str | None, Query(max_length=20)] = None,
) -> AttemptView:
    """Begin to pay, or go on with the open attempt. The payer then has to go to `redirect_url`.

    `method` is one of /methods; without it the open attempt goes on, or the city's first method is taken. No
    body is read: a card's or account's number has no place here.
    """
    started = await paying.start(
        StartPayment(
            tenant=who.tenant,
            payer=who.subject,
            payment_id=parse_id(payment_id, "?payment_id"),
            key=idempotency_key(request),
            method=method,
        )
    )
    if started.attempt is None:
        raise Invalid("Die Gebühr ist bereits bezahlt.", kind="already-settled", status=409)
    opened = started.before.opened if started.before else started.new
    if not opened:
        response.status_code = 200
    if started.before:
        response.headers[REPLAYED] = "true"
    return AttemptView.of(started.attempt)


@router.get("/api/payments/v1/messages/{provider}", status_code=204)
@router.post("/api/payments/v1/messages/{provider}", status_code=204)
async def hear(provider: str, request: Request, who: Anyone, paying: Paying) -> Response:
    """What a provider says unasked (its webhook): a reason to ask the provider, never a proof."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    message = Message(headers, request.url.query, await request.body())
    await paying.told(who.tenant, provider, message)
    return Response(status_code=204)


def idempotency_key(request: Request) -> str | None:
    """The header's value; raises Invalid for one that is too short, too long or not printable ASCII."""
    key = request.headers.get(KEY)
    if key is None:
        return None
    fits = len(key) in KEY_LENGTH and all("!" <= letter <= "~" for letter in key)
    if not fits or has_card_number(key):
        raise Invalid(
            "Der Idempotency-Key ist nicht brauchbar.",
            errors=[
                Fault("?Idempotency-Key", "hat nicht die erwartete Form", "8 bis 128 Zeichen aus ASCII.")
            ],
        )
    return key
