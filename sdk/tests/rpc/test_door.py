# SPDX-License-Identifier: EUPL-1.2
"""What the gRPC door refuses, asked by a bare client that may do everything wrong."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mash.forms.v1 import forms_pb2, forms_pb2_grpc
from mash.platform.v1 import options_pb2
from mash_sdk.identity import Principal
from mash_sdk.rpc import RpcDoor, RpcServer, door
from mash_sdk.rpc.door import DoorError

METHODS = [
    "mash.forms.v1.ApplicationService/GetApplicant",
    "mash.forms.v1.ApplicationService/GetCosignature",
    "mash.forms.v1.ApplicationService/GetNotice",
]
FOR_MODULES = "mash.forms.v1.ApplicationService/GetHandedAnswers"


@pytest.fixture
async def channel(house: Any) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(house.server.address) as channel:
        yield channel


async def refused(channel: Any, path: str, *, seconds: float | None = 5, **metadata: str) -> Any:
    sent = [(name.replace("_", "-"), value) for name, value in metadata.items() if value]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(f"/{path}")(b"", timeout=seconds, metadata=sent)
    return caught.value


def test_the_tests_know_every_method(house: Any) -> None:
    assert sorted(house.server.paths) == sorted([*METHODS, FOR_MODULES])


@pytest.mark.parametrize("path", [*METHODS, FOR_MODULES])
async def test_nothing_is_answered_without_a_good_token(house: Any, channel: Any, path: str) -> None:
    token = house.issuer.token
    bad = {
        "none": "",
        "no scheme": token(),
        "garbage": "Bearer a.b.c",
        "wrong audience": f"Bearer {token(audience='payments')}",
        "foreign realm": f"Bearer {token(realm='elsewhere')}",
        "expired": f"Bearer {token(exp=1)}",
    }
    for name, authorization in bad.items():
        err = await refused(channel, path, authorization=authorization, mash_purpose="test")
        assert (name, err.code()) == (name, grpc.StatusCode.UNAUTHENTICATED)
    assert house.units.ended == []


@pytest.mark.parametrize("path", [*METHODS, FOR_MODULES])
async def test_only_the_services_named_in_the_contract_may_call(house: Any, channel: Any, path: str) -> None:
    for authorization in (
        f"Bearer {house.issuer.token(client='payments')}",
        f"Bearer {house.issuer.token(client='notify', preferred_username='anna')}",
    ):
        err = await refused(channel, path, authorization=authorization, mash_purpose="test")
        assert err.code() is grpc.StatusCode.PERMISSION_DENIED
    assert house.units.ended == []


@pytest.mark.parametrize("path", METHODS)
async def test_a_call_needs_a_deadline_and_a_purpose(house: Any, channel: Any, path: str) -> None:
    good = f"Bearer {house.issuer.token()}"
    err = await refused(channel, path, seconds=None, authorization=good, mash_purpose="test")
    assert (err.code(), "deadline" in err.details()) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    for purpose in ("", "x" * 201):
        err = await refused(channel, path, authorization=good, mash_purpose=purpose)
        assert (err.code(), "mash-purpose" in err.details()) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    assert house.units.ended == []


@pytest.mark.parametrize("path", METHODS)
async def test_with_all_of_it_a_call_is_answered(house: Any, channel: Any, path: str) -> None:
    metadata = [("authorization", f"Bearer {house.issuer.token(realm='mannheim')}"), ("mash-purpose", "test")]
    request = forms_pb2.GetNoticeRequest(application_id="a1").SerializeToString()
    await channel.unary_unary(f"/{path}")(request, timeout=5, metadata=metadata)
    assert house.units.ended == [("mannheim", "committed")]


async def test_bytes_that_are_no_message_are_the_callers_fault(house: Any, channel: Any) -> None:
    metadata = [("authorization", f"Bearer {house.issuer.token()}"), ("mash-purpose", "test")]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(f"/{METHODS[0]}")(b"\xff\xff", timeout=5, metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_health_is_open_and_turns_when_the_door_closes(house: Any, channel: Any) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="mash.forms.v1.ApplicationService")
    watched = health.Watch(request, timeout=10)
    assert (await watched.read()).status == health_pb2.HealthCheckResponse.SERVING
    stopping = asyncio.create_task(house.server.stop(grace=1))
    assert (await watched.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    await stopping


async def test_a_running_call_ends_before_the_door_closes(house: Any) -> None:
    house.applications.pause = 0.3
    asked = asyncio.create_task(house.ask("a1"))
    async with asyncio.timeout(5):
        while not house.applications.seen:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await house.server.stop(grace=3)
    assert (await asked).applicant_id == "a1"
    assert house.units.ended == [("heidelberg", "committed")]


async def test_a_port_in_use_is_said(house: Any) -> None:
    with pytest.raises(DoorError, match="cannot listen"):
        await server_of(house).start(house.server.address)


def test_a_method_without_callers_never_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(_: object, server: Any) -> None:
        handler: Any = grpc.unary_unary_rpc_method_handler(lambda _request, _context: None)
        server.add_registered_method_handlers("grpc.health.v1.Health", {"Check": handler})

    with pytest.raises(DoorError, match=r"Health/Check: the contract names no"):
        list(RpcDoor(add, object()).methods())


class Unnamed:
    """Registers a method as a generated function does, under a contract of these options."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, callers: list[str], modules: bool) -> None:
        said = SimpleNamespace(Extensions={options_pb2.callers: callers, options_pb2.modules: modules})
        contract = SimpleNamespace(methods_by_name={"Check": SimpleNamespace(GetOptions=lambda: said)})
        pool = SimpleNamespace(FindServiceByName=lambda _: contract)
        monkeypatch.setattr(door.descriptor_pool, "Default", lambda: pool)

    def __call__(self, _: object, server: Any) -> None:
        handler: Any = grpc.unary_unary_rpc_method_handler(lambda _request, _context: None)
        server.add_registered_method_handlers("grpc.health.v1.Health", {"Check": handler})


def test_a_method_for_modules_admits_approved_modules_and_whom_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def admitted(*, callers: list[str], modules: bool) -> list[str]:
        add = Unnamed(monkeypatch, callers=callers, modules=modules)
        [method] = RpcDoor(add, object()).methods()
        people = {
            "module": Principal("service", "heidelberg", client="winter", module=True),
            "service": Principal("service", "heidelberg", client="winter"),
            "named": Principal("service", "heidelberg", client="notify"),
            "person": Principal("person", "heidelberg", client="winter", module=True),
            "visitor": Principal("visitor", "heidelberg"),
        }
        return [name for name, who in people.items() if method.admits(who)]

    assert admitted(callers=[], modules=True) == ["module"]
    assert admitted(callers=["notify"], modules=True) == ["module", "named"]
    assert admitted(callers=["notify"], modules=False) == ["named"]
    with pytest.raises(DoorError):
        admitted(callers=[], modules=False)


def server_of(house: Any) -> RpcServer:
    door = RpcDoor(forms_pb2_grpc.add_ApplicationServiceServicer_to_server, house.applications)
    return RpcServer([door], verifier=house.issuer, database=house.units, telemetry=house.forms)
