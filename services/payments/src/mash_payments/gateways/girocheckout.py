# SPDX-License-Identifier: EUPL-1.2
"""GiroCheckout (api v2) with a project of the kind Wero: form fields under an HMAC-MD5 hash.

Fields, their order and the result codes after api.girocheckout.de and GiroCheckout's own PHP library. MD5 is
what the provider demands; inside an HMAC it is not known to be broken. giropay ended on 31 December 2024.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from mash_payments.gateways.calling import Caller, not_offered, only_euros, read, whole_cents
from mash_payments.model import AttemptState, RefundState, Seen
from mash_payments.service import (
    Begun,
    Message,
    NotGenuine,
    Order,
    ProviderAway,
    ProviderRefused,
    ProviderSilent,
    RefundOrder,
    RefundSeen,
    TransactionUnknown,
)

NAME = "girocheckout"
PAID = 4000
# Result codes after which nothing was paid; any other (4500: "unknown payment result") says nothing yet.
FAILED = {
    4001, 4002, 4051, 4101, 4102, 4103, 4104, 4105, 4106, 4107, 4108, 4151, 4152, 4153, 4154,
    4501, 4503, 4504, 4505, 4506, 4900,
}  # fmt: skip
ABORTED = 4502
NO_SUCH_TRANSACTION = 5034
NOTIFICATION = (
    "gcReference", "gcMerchantTxId", "gcBackendTxId", "gcAmount", "gcCurrency", "gcResultPayment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """A city's project."""

    merchant_id: str
    project_id: str
    password: str

    def hash(self, text: str) -> str:
        """HMAC-MD5 with the project's password, as GiroCheckout demands it."""
        return hmac.new(self.password.encode(), text.encode(), hashlib.md5).hexdigest()


class GiroCheckout:
    """The PaymentProvider for GiroCheckout. `accounts` are a tenant's project."""

    name = NAME

    def __init__(self, url: str, accounts: Mapping[str, Account], seconds: float = 10.0) -> None:
        self._caller = Caller(NAME, url, seconds)
        self._accounts = accounts

    async def begin(self, tenant: str, order: Order) -> Begun:
        """Start a transaction."""
        amount = only_euros(order.amount)
        found = await self._ask(
            tenant,
            "start",
            {
                "merchantTxId": order.request_id,
                "amount": str(amount.cents),
                "currency": amount.currency,
                "purpose": order.purpose,
                "type": "SALE",
                "urlRedirect": order.return_url,
                "urlNotify": order.notify_url or order.return_url,
                "kassenzeichen": order.receipt_number,
            },
        )
        if found.get("rc") != 0:
            raise ProviderRefused(str(found.get("rc")))
        reference, address = found.get("reference"), found.get("redirect")
        if not isinstance(reference, str) or not isinstance(address, str):
            raise ProviderSilent("answer without reference or redirect")
        if urlsplit(address).scheme not in {"https", "http"}:
            raise ProviderSilent("redirect is no web address")
        return Begun(reference, address)

    async def again(self, _tenant: str, _order: Order) -> Begun:
        """GiroCheckout finds a transaction by its own reference only."""
        not_offered(NAME, "again")

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        """Ask for the transaction's status."""
        found = await self._ask(tenant, "status", {"reference": transaction_id})
        if found.get("rc") == NO_SUCH_TRANSACTION:
            raise TransactionUnknown(transaction_id)
        if found.get("rc") != 0 or found.get("reference") != transaction_id:
            raise ProviderSilent(f"rc {found.get('rc')}")
        amount = whole_cents(number(found.get("amount")), found.get("currency"))
        return Seen(state(number(found.get("resultPayment"))), amount, "WERO")

    async def collect(self, _tenant: str, _transaction_id: str, _request_id: str) -> Seen:
        """A SALE is collected by GiroCheckout."""
        not_offered(NAME, "collect")

    async def cancel(self, _tenant: str, _transaction_id: str) -> Seen:
        """No source names such a call: a transaction ends by its payer or by time."""
        not_offered(NAME, "cancel")

    async def refund(self, tenant: str, order: RefundOrder) -> RefundSeen:
        """Refund a transaction, as one of its own."""
        amount = only_euros(order.amount)
        fields = {
            "merchantTxId": order.request_id,
            "amount": str(amount.cents),
            "currency": amount.currency,
            "purpose": order.purpose[:27],
            "reference": order.transaction_id,
        }
        found = await self._ask(tenant, "refund", fields)
        if found.get("rc") != 0:
            raise ProviderRefused(str(found.get("rc")))
        result = number(found.get("resultPayment"))
        if not isinstance(found.get("reference"), str):
            raise ProviderSilent("answer without reference")
        done = {AttemptState.PAYED: RefundState.DONE, AttemptState.INITIAL: RefundState.PENDING}
        counted = whole_cents(number(found.get("amount")), found.get("currency"))
        return RefundSeen(done.get(state(result), RefundState.FAILED), counted, found["reference"])

    async def look_refund(self, _tenant: str, _order: RefundOrder) -> RefundSeen | None:
        """`status` asks by GiroCheckout's reference, which an unanswered refund never told us."""
        not_offered(NAME, "look_refund")

    async def heard(self, tenant: str, message: Message) -> str | None:
        """The GET request to urlNotify, under `gcHash`."""
        given = dict(parse_qsl(message.query, keep_blank_values=True))
        wanted = self._account(tenant).hash("".join(given.get(name, "") for name in NOTIFICATION))
        if not hmac.compare_digest(wanted.encode(), given.get("gcHash", "").encode()):
            raise NotGenuine("gcHash")
        return given["gcReference"]

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    def _account(self, tenant: str) -> Account:
        if tenant not in self._accounts:
            raise ProviderRefused(f"{tenant} has no project")
        return self._accounts[tenant]

    async def _ask(self, tenant: str, call: str, fields: Mapping[str, str]) -> dict[str, Any]:
        account = self._account(tenant)
        form = {"merchantId": account.merchant_id, "projectId": account.project_id, **fields}
        form["hash"] = account.hash("".join(form.values()))
        path = f"/girocheckout/api/v2/transaction/{call}"
        answer: httpx.Response = await self._caller.ask("POST", path, call, data=form)
        if not answer.is_success:
            raise ProviderAway(str(answer.status_code))
        said = answer.headers.get("hash", "")
        if not hmac.compare_digest(account.hash(answer.text).encode(), said.encode()):
            raise ProviderSilent("answer under a wrong hash")
        return read(answer)


def state(result: object) -> AttemptState:
    """What a result code means; none means that the payer is still at it."""
    if result == PAID:
        return AttemptState.PAYED
    if result == ABORTED:
        return AttemptState.CANCELED
    return AttemptState.FAILED if result in FAILED else AttemptState.INITIAL


def number(value: object) -> object:
    """An integer, also where it is written as text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
