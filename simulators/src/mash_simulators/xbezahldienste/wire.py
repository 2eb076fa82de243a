# SPDX-License-Identifier: EUPL-1.2
"""What XBezahldienste sends and accepts: the request's fields with their limits, and its refusals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

FunctionalCode = Literal[
    "NO_VALID_ORIGINATOR_OR_ENDPOINT",
    "PAYMENT_EXISTS",
    "CALCULATION_ERROR",
    "BOOKING_DATA_MISSING",
    "VALIDATION_ERROR",
    "UNSPECIFIED",
    "FORBIDDEN",
]

Status = Literal["INITIAL", "PAYED", "CANCELED", "FAILED"]

Identifier = Annotated[str, Field(min_length=1, max_length=36, pattern=r"^[\w\d-]+$")]
# The limit of the standard; two decimals because the currency is EUR.
Amount = Annotated[Decimal, Field(ge=0, le=999999, max_digits=8, decimal_places=2)]
Latin = Annotated[str, Field(max_length=250, pattern="^[\\w\\d\\s,.\u00c0-\u017f-]*$")]


class Refusal(Exception):
    """The service says no, in the standard's words: an RFC 7807 problem with a `functionalCode`."""

    def __init__(self, status: int, code: FunctionalCode, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Strict(BaseModel):
    """A misspelt field is an error: a client must learn of it here, not in production."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Item(Strict):
    """One position. `taxRate` in percent; amounts in euros."""

    id: Identifier
    reference: Identifier | None = None
    description: Latin | None = None
    tax_rate: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    quantity: Annotated[int, Field(ge=1, le=999999)]
    total_net_amount: Amount
    total_tax_amount: Amount
    single_net_amount: Amount | None = None
    single_tax_amount: Amount | None = None
    booking_data: dict[str, Annotated[str, Field(max_length=250)]] = Field(default_factory=dict)


class PaymentRequest(Strict):
    """The order to collect money. `grosAmount` is spelt with one s in the standard."""

    request_id: Identifier
    request_timestamp: AwareDatetime
    currency: Literal["EUR"]
    gros_amount: Annotated[Amount, Field(gt=0)]
    purpose: Annotated[str, Field(min_length=1, max_length=27, pattern=r"^[\w\d\s-]+$")]
    description: Latin | None = None
    redirect_url: Annotated[str, Field(max_length=2082, pattern=r"^https?://")]
    items: Annotated[list[Item], Field(min_length=1, max_length=99)]
    requestor: dict[str, Any] | None = None  # codespell:ignore requestor


def accept(body: bytes, booking_keys: tuple[str, ...] = ()) -> tuple[PaymentRequest, dict[str, Any]]:
    """The request and its JSON as it came; raises Refusal for what the standard refuses."""
    try:
        raw = json.loads(body, parse_float=Decimal)
        request = PaymentRequest.model_validate(raw)
    except ValidationError as err:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors())
        raise Refusal(422, "VALIDATION_ERROR", faults) from err
    except ValueError as err:
        raise Refusal(400, "VALIDATION_ERROR", "The body is not JSON.") from err
    check_sums(request)
    for item in request.items:
        missing = [key for key in booking_keys if not item.booking_data.get(key)]
        if missing:
            raise Refusal(422, "BOOKING_DATA_MISSING", f"item {item.id}: {', '.join(missing)}")
    return request, json.loads(body)


def check_sums(request: PaymentRequest) -> None:
    """The gross amount has to be the sum of the items, and each item the product of its single amounts."""
    for item in request.items:
        for single, total in (
            (item.single_net_amount, item.total_net_amount),
            (item.single_tax_amount, item.total_tax_amount),
        ):
            if single is not None and single * item.quantity != total:
                detail = f"item {item.id}: {item.quantity} × {single} ≠ {total}"
                raise Refusal(422, "CALCULATION_ERROR", detail)
    total = sum((item.total_net_amount + item.total_tax_amount for item in request.items), Decimal(0))
    if total != request.gros_amount:
        raise Refusal(422, "CALCULATION_ERROR", f"items: {total}, grosAmount: {request.gros_amount}")
