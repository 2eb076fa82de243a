# SPDX-License-Identifier: EUPL-1.2
"""notify asks by gRPC; every answer is on record with its purpose, and nobody else gets one."""

from typing import Any

import grpc
import pytest
from grpc import aio
from sqlalchemy import text

from mash.forms.v1 import events_pb2, forms_pb2
from mash.forms.v1.forms_pb2_grpc import ApplicationServiceStub
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench


@pytest.fixture
async def application(bench: Bench) -> str:
    anna = bench.client(subject="anna", given_name="Anna", family_name="Beispiel", email="anna@login.example")
    body = {"form": "meldung", "data": {"what": "Loch"}}
    found: str = (await anna.post("/api/forms/v1/applications", json=body)).json()["id"]
    return found


async def asked(
    bench: Bench, method: str, request: Any, caller: str = "notify", tenant: str = "heidelberg"
) -> Any:
    stub = ApplicationServiceStub
    return await bench.rpc(stub, method, request, caller=caller, tenant=tenant, purpose="tell them")


async def test_notify_learns_how_to_reach_the_applicant(bench: Bench, application: str) -> None:
    answer = await asked(bench, "GetApplicant", forms_pb2.GetApplicantRequest(application_id=application))
    assert (answer.applicant_id, answer.name) == ("anna", "Anna Beispiel")
    assert (answer.email, answer.language) == ("anna@login.example", "de")
    async with bench.unit() as unit:
        rows = await unit.connection.execute(
            text("select actor_kind, actor, purpose from audit where action = 'applicant-asked'")
        )
        assert [tuple(row) for row in rows] == [("service", "notify", "tell them")]


@pytest.mark.parametrize("said", ["anna@login.example", "somebody@else.example"])
async def test_an_address_that_nobody_has_checked_is_not_told(
    bench: Bench, answers: dict[str, Any], said: str
) -> None:
    anna = bench.client(subject="anna", email="anna@login.example", email_verified=False)
    body = {"form": "ausweis", "data": {**answers, "email": said}}
    made = (await anna.post("/api/forms/v1/applications", json=body)).json()["id"]
    answer = await asked(bench, "GetApplicant", forms_pb2.GetApplicantRequest(application_id=made))
    assert (answer.applicant_id, answer.email) == ("anna", "")
    assert "nicht bestätigt" in (await anna.get(f"/pages/account/applications/{made}")).text


async def test_notify_learns_what_a_notice_says(bench: Bench, application: str) -> None:
    request = forms_pb2.GetNoticeRequest(application_id=application)
    answer = await asked(bench, "GetNotice", request)
    assert answer.outcome == events_pb2.OUTCOME_UNSPECIFIED
    assert (answer.service_title, answer.office) == ("Meldung", "Prüfamt")
    assert answer.path == f"/account/applications/{application}"
    kurt = bench.client(roles=["clerk"])
    decision = f"/api/forms/v1/applications/{application}/decision"
    await kurt.post(decision, json={"outcome": "REJECTED", "reason": "Kein Loch."})
    assert (await asked(bench, "GetNotice", request)).outcome == events_pb2.OUTCOME_REJECTED


@pytest.mark.parametrize("method", ["GetApplicant", "GetNotice"])
@pytest.mark.parametrize(
    ("wanted", "caller", "tenant", "status"),
    [
        ("", "payments", "heidelberg", grpc.StatusCode.PERMISSION_DENIED),
        ("", "notify", "mannheim", grpc.StatusCode.NOT_FOUND),
        (new_id(), "notify", "heidelberg", grpc.StatusCode.NOT_FOUND),
        ("no-id", "notify", "heidelberg", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_others_learn_nothing(
    bench: Bench,
    application: str,
    method: str,
    wanted: str,
    caller: str,
    tenant: str,
    status: grpc.StatusCode,
) -> None:
    request = getattr(forms_pb2, f"{method}Request")(application_id=wanted or application)
    with pytest.raises(aio.AioRpcError) as refused:
        await asked(bench, method, request, caller, tenant)
    assert refused.value.code() is status
