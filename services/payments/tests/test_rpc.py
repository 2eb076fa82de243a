# SPDX-License-Identifier: EUPL-1.2
"""Other services ask by gRPC how a payment stands; only those the contract names, only in their tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc import aio

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.payments.v1 import payments_pb2 as contract
from mash.payments.v1.payments_pb2_grpc import PaymentServiceStub
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.rpc import serve_rpc
from mash_sdk.testing import Bench

FEE = Money(cents=12000, currency="EUR")


@asynccontextmanager
async def asked(bench: Bench) -> AsyncIterator[PaymentServiceStub]:
    program = bench.program
    server = await serve_rpc(
        program.rpc,
        "127.0.0.1:0",
        verifier=program.verifier,
        database=program.database,
        telemetry=program.telemetry,
    )
    try:
        async with aio.insecure_channel(server.address) as channel:
            yield PaymentServiceStub(channel)  # type: ignore[no-untyped-call]
    finally:
        await server.stop(0)


async def ask(
    bench: Bench, application: str, *, caller: str = "forms", tenant: str = "heidelberg"
) -> contract.GetPaymentResponse:
    token = bench.token(tenant, client=caller, service=True)
    metadata = (("authorization", f"Bearer {token}"), ("mash-purpose", "test"))
    async with asked(bench) as stub:
        answer: contract.GetPaymentResponse = await stub.GetPayment(
            contract.GetPaymentRequest(application_id=application), timeout=5, metadata=metadata
        )
        return answer


@pytest.fixture
async def application(bench: Bench) -> str:
    application = new_id()
    await bench.deliver(ApplicationSubmitted(application_id=application, applicant_id=new_id(), fee=FEE))
    return application


async def test_forms_learns_how_a_payment_stands(bench: Bench, application: str) -> None:
    answer = await ask(bench, application)
    assert (answer.state, answer.due) == (contract.PAYMENT_STATE_OPEN, FEE)
    assert answer.receipt_number == ""


@pytest.mark.parametrize(
    ("application_id", "caller", "tenant", "status"),
    [
        (None, "notify", "heidelberg", grpc.StatusCode.PERMISSION_DENIED),
        (None, "forms", "mannheim", grpc.StatusCode.NOT_FOUND),
        ("no-id", "forms", "heidelberg", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_others_learn_nothing(
    bench: Bench,
    application: str,
    application_id: str | None,
    caller: str,
    tenant: str,
    status: grpc.StatusCode,
) -> None:
    with pytest.raises(aio.AioRpcError) as refused:
        await ask(bench, application_id or application, caller=caller, tenant=tenant)
    assert refused.value.code() is status
