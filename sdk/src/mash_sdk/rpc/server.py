# SPDX-License-Identifier: EUPL-1.2
"""The gRPC door: every call is traced, bounded in time, authenticated, audited, and one unit of work."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from mash_sdk.database import Database
from mash_sdk.identity import Principal, Verifier
from mash_sdk.problems import Forbidden, Problem, Unauthenticated, Unreadable
from mash_sdk.rpc import statuses
from mash_sdk.rpc.calls import Call, current_call, current_deadline
from mash_sdk.rpc.door import DoorError, Method, RpcDoor
from mash_sdk.signals import RPC_SERVER_SECONDS
from mash_sdk.telemetry import SpanKind, Telemetry, record
from mash_sdk.telemetry.current import Door
from mash_sdk.telemetry.failures import is_fault, note

_log = logging.getLogger(__name__)
_audit = logging.getLogger("mash.audit")

LONGEST = 60.0
"""Seconds a call may take, whatever deadline it brings."""
PURPOSE_LENGTH = 200
_JOURNEY_LENGTH = 64
_OPTIONS = [
    ("grpc.max_receive_message_length", 1 << 20),
    ("grpc.max_send_message_length", 4 << 20),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 60_000),
]
_CONCURRENT = 200

Handler = Any
Answerer = Callable[[bytes, Any], Awaitable[bytes]]


class TooLate(Problem):
    """The caller's deadline passed."""

    status, kind, title = 504, "deadline-exceeded", "Die Frist ist abgelaufen"


class RpcServer:
    """Offers doors on one address. Refuses at construction what its contract allows to nobody."""

    def __init__(
        self, doors: Iterable[RpcDoor], *, verifier: Verifier, database: Database, telemetry: Telemetry
    ) -> None:
        self._verifier = verifier
        self._database = database
        self._telemetry = telemetry
        self._methods = [method for door in doors for method in door.methods()]
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self.address = ""

    @property
    def paths(self) -> list[str]:
        """All methods offered, as `package.Service/Method`."""
        return [method.path for method in self._methods]

    async def start(self, address: str) -> str:
        """Listen on `host:port` (port 0: a free one). Return the address that was taken."""
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_CONCURRENT)
        by_service: dict[str, dict[str, Handler]] = {}
        for method in self._methods:
            # Bytes in, bytes out: what a stranger sent is parsed only once they are admitted.
            answerer = cast("Any", self._answerer(method))
            handler: Handler = grpc.unary_unary_rpc_method_handler(answerer)
            by_service.setdefault(method.service, {})[method.name] = handler
        for service, handlers in by_service.items():
            server.add_registered_method_handlers(service, handlers)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        try:
            port = server.add_insecure_port(address)
        except RuntimeError as err:
            raise DoorError(f"the gRPC door cannot listen on {address}") from err
        await server.start()
        for service in ("", *by_service):
            await self._health.set(service, HealthCheckResponse.SERVING)
        self._server = server
        self.address = f"{address.rpartition(':')[0]}:{port}"
        return self.address

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new calls, let running ones end for `grace` seconds, then cancel them."""
        server, self._server = self._server, None
        if server is not None:
            await self._health.enter_graceful_shutdown()
            await server.stop(grace)

    def _answerer(self, method: Method) -> Answerer:
        async def answer(data: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
            metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
            attributes = {"rpc.system.name": "grpc", "rpc.method": method.path}
            began = time.perf_counter()
            code, refusal, result = grpc.StatusCode.CANCELLED, None, b""
            with self._telemetry.door(
                method.path, metadata, kind=SpanKind.SERVER, attributes=attributes, journey=_journey(metadata)
            ) as door:
                try:
                    result = await self._handled(method, data, context.time_remaining(), metadata, door)
                    code = grpc.StatusCode.OK
                except Exception as err:  # noqa: BLE001 — a door says nothing of what it does not know
                    refusal = _refusal(err, door)
                    code = statuses.code_of(refusal)
                finally:
                    door.span.set_attribute("rpc.response.status_code", code.name)
                    told = {"rpc.method": method.path, "rpc.response.status_code": code.name}
                    record(RPC_SERVER_SECONDS, time.perf_counter() - began, told)
            if refusal is not None:
                trailer = (statuses.TRAILER, statuses.packed(refusal))
                await context.abort(code, refusal.detail or refusal.title, (trailer,))
            return result

        return answer

    async def _handled(
        self, method: Method, data: bytes, left: float | None, metadata: dict[str, str], door: Door
    ) -> bytes:
        if left is None:
            raise Unreadable("A call needs a deadline.", kind="deadline-missing")
        seconds = min(left, LONGEST)
        if seconds <= 0:
            raise TooLate("The deadline had passed before the call was read.")
        limit = current_deadline.set(time.monotonic() + seconds)
        try:
            async with asyncio.timeout(seconds) as timer:
                caller = await self._admitted(method, metadata)
                purpose = _purpose(metadata)
                _audited(door, method, caller, purpose)
                return await self._answered(method, data, caller, purpose)
        except TimeoutError as err:
            if not timer.expired():
                raise
            raise TooLate("The deadline passed while the call was answered.") from err
        finally:
            current_deadline.reset(limit)

    async def _admitted(self, method: Method, metadata: dict[str, str]) -> Principal:
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("A call needs a bearer token.")
        caller = await self._verifier.verify(token)
        if not method.admits(caller):
            raise Forbidden("The contract does not name this caller.", kind="caller-not-named")
        return caller

    async def _answered(self, method: Method, data: bytes, caller: Principal, purpose: str) -> bytes:
        try:
            request = method.handler.request_deserializer(data)
        except DecodeError as err:
            raise Unreadable("The request is not the message the contract names.") from err
        async with self._database.unit(caller.tenant) as unit:
            entered = current_call.set(Call(caller, purpose, unit))
            try:
                # No context is handed on: a handler refuses by raising a problem.
                response: Message = await method.handler.unary_unary(request, None)
            finally:
                current_call.reset(entered)
        return response.SerializeToString()


async def serve_rpc(
    doors: Iterable[RpcDoor],
    address: str,
    *,
    verifier: Verifier,
    database: Database,
    telemetry: Telemetry,
) -> RpcServer:
    """Start the gRPC door; `server.address` says where, `await server.stop()` ends it."""
    server = RpcServer(doors, verifier=verifier, database=database, telemetry=telemetry)
    await server.start(address)
    return server


def _purpose(metadata: dict[str, str]) -> str:
    purpose = metadata.get("mash-purpose", "").strip()
    if not purpose or len(purpose) > PURPOSE_LENGTH:
        raise Unreadable("A call says its purpose in mash-purpose.", kind="purpose-missing")
    return purpose


def _journey(metadata: dict[str, str]) -> str | None:
    journey = metadata.get("mash-journey", "")
    return journey if journey.isprintable() and 0 < len(journey) <= _JOURNEY_LENGTH else None


def _audited(door: Door, method: Method, caller: Principal, purpose: str) -> None:
    said = {"mash.caller": caller.client, "mash.tenant": caller.tenant, "mash.purpose": purpose}
    door.span.set_attributes(said)
    _audit.info("call admitted", extra={**said, "rpc.method": method.path})


def _refusal(error: Exception, door: Door) -> Problem:
    note(door.span, error)
    if isinstance(error, Problem):
        return error
    if is_fault(error):
        _log.error("a call failed", exc_info=error)
    return Problem()
