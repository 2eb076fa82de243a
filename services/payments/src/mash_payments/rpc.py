# SPDX-License-Identifier: EUPL-1.2
"""Way in: gRPC. How the payment of an application stands, for other services."""

from typing import Any

import mash_sdk.rpc as calls
from mash.payments.v1 import payments_pb2 as contract
from mash.payments.v1.payments_pb2_grpc import PaymentServiceServicer
from mash_payments.model import PaymentState
from mash_payments.service import PaymentService
from mash_sdk import journey
from mash_sdk.ids import parse_id

STATES = {
    PaymentState.OPEN: contract.PAYMENT_STATE_OPEN,
    PaymentState.STARTED: contract.PAYMENT_STATE_STARTED,
    PaymentState.SETTLED: contract.PAYMENT_STATE_SETTLED,
}


class PaymentRpc(PaymentServiceServicer):
    """mash.payments.v1.PaymentService."""

    def __init__(self, payments: PaymentService) -> None:
        self._payments = payments

    async def GetPayment(  # noqa: N802 — the contract's name
        self, request: contract.GetPaymentRequest, _context: Any
    ) -> contract.GetPaymentResponse:
        application_id = parse_id(request.application_id, "/application_id")
        journey.join(application_id)
        payment = await self._payments.of_application(application_id, calls.unit())
        answer = contract.GetPaymentResponse(
            payment_id=payment.id, state=STATES[payment.state], due=payment.due.message()
        )
        if payment.settled_at is not None:
            answer.receipt_number = payment.receipt_number
            answer.settled_at.FromDatetime(payment.settled_at)
        return answer
