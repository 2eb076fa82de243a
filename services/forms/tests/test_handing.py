# SPDX-License-Identifier: EUPL-1.2
"""Modules are told what an approved application asks for: what its form hands to them, and nothing else."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationDecided
from mash.forms.v1.forms_pb2 import GetHandedAnswersRequest
from mash.forms.v1.forms_pb2_grpc import ApplicationServiceStub
from mash_forms.model.handing import hands_to_faults
from mash_sdk.testing import Bench

API = "/api/forms/v1/applications"
BIN = {
    "wish": "order", "litres": 120, "owner": True, "from_day": "2026-03-10",
    "given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org",
    "street": "Hauptstraße", "house_number": "1", "postal_code": "69117", "town": "Heidelberg",
}  # fmt: skip


@pytest.fixture
async def real(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    """The service over the cities as they are."""
    return await bench_of("mash_forms")


@pytest.fixture
async def application(real: Bench) -> str:
    answer = await real.client(subject="anna").post(API, json={"form": "blaue-tonne", "data": BIN})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def decided(bench: Bench, application: str, **decision: str) -> None:
    clerk = bench.client(roles=["clerk"])
    answer = await clerk.post(f"{API}/{application}/decision", json=decision)
    assert answer.is_success, answer.text


async def asked(
    bench: Bench, application: str, module: str = "waste", tenant: str = "heidelberg", **more: bool
) -> Any:
    request = GetHandedAnswersRequest(application_id=application)
    return await bench.rpc(
        ApplicationServiceStub,
        "GetHandedAnswers",
        request,
        caller=module,
        module=more.get("approved", True),
        tenant=tenant,
        purpose="bring it",
    )


async def test_a_module_is_told_what_the_form_hands_to_it(real: Bench, application: str) -> None:
    await decided(real, application, outcome="APPROVED")
    await real.settle()
    (event,) = real.announced(ApplicationDecided)
    assert event.form == "blaue-tonne"
    told = await asked(real, application)
    answers = json.loads(told.answers)
    assert answers == {
        "wish": "order", "litres": 120, "from_day": "2026-03-10", "street": "Hauptstraße",
        "house_number": "1", "postal_code": "69117", "town": "Heidelberg",
    }  # fmt: skip
    assert told.form == "blaue-tonne"
    assert told.reference
    async with real.unit() as unit:
        rows = await unit.connection.execute(
            text("select actor, purpose from audit where action = 'answers-handed'")
        )
        assert [tuple(row) for row in rows] == [("waste", "bring it")]


async def test_nothing_is_told_of_what_is_not_approved(real: Bench, application: str) -> None:
    for decision in ({}, {"outcome": "REJECTED", "reason": "Es gibt schon eine."}):
        if decision:
            await decided(real, application, **decision)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked(real, application)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("module", "tenant", "approved", "code"),
    [
        ("winter", "heidelberg", True, grpc.StatusCode.NOT_FOUND),
        ("waste", "mannheim", True, grpc.StatusCode.NOT_FOUND),
        ("waste", "heidelberg", False, grpc.StatusCode.PERMISSION_DENIED),
        ("notify", "heidelberg", False, grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_nobody_else_is_told_anything(
    real: Bench, application: str, module: str, tenant: str, approved: Any, code: grpc.StatusCode
) -> None:
    await decided(real, application, outcome="APPROVED")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await asked(real, application, module, tenant, approved=approved)
    assert refused.value.code() is code


def form(*handed: str, **more: Any) -> dict[str, Any]:
    fields = [{"path": "/a", "widget": "text"}, {"path": "/file", "widget": "upload"}]
    data = {"properties": {"a": {}, "file": {}}}
    return {"data": data, "steps": [{"fields": fields}], "hands_to": {"waste": list(handed)}, **more}


def test_a_slip_in_the_file_is_named() -> None:
    assert list(hands_to_faults(form("/a"))) == []
    for slip, more in (
        (("/b",), {}),
        (("/a", "/a"), {}),
        (("/file",), {}),
        (("/a",), {"handover": {"x": 1}}),
    ):
        (fault,) = hands_to_faults(form(*slip, **more))
        assert fault[0][0] == "hands_to", slip
