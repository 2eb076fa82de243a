# SPDX-License-Identifier: EUPL-1.2
"""Asking other services: as itself, for one tenant, with a purpose, within a deadline."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from mash_sdk import journey
from mash_sdk.clock import Clock, system_clock
from mash_sdk.names import folder_of_proto
from mash_sdk.rpc.calls import time_left
from mash_sdk.rpc.statuses import problem_of, too_slow
from mash_sdk.rpc.tokens import ServiceTokens
from mash_sdk.settings import Settings
from mash_sdk.signals import RPC_CLIENT_SECONDS
from mash_sdk.telemetry import SpanKind, inject, record, step

S = TypeVar("S")

DEADLINE = 5.0
_OPTIONS = [
    ("grpc.max_receive_message_length", 4 << 20),
    # No pings without calls: a server counts them as strikes and hangs up in the middle of a later call.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.enable_http_proxy", 0),
]


@dataclass(frozen=True, slots=True)
class PeerMethod:
    """One method of a peer, as `Peers.call` wants it."""

    path: str
    address: str
    serialize: Callable[[Any], bytes]
    parse: Callable[[bytes], Any]

    @property
    def peer(self) -> str:
        """The client id of the service that answers: `/mash.forms.v1.ApplicationService/…` → `forms`."""
        return folder_of_proto(self.path.strip("/"))


class Peers:
    """The way to other services: one channel per address, one token per tenant and peer."""

    def __init__(self, settings: Settings, name: str, clock: Clock = system_clock) -> None:
        self._tokens = ServiceTokens(settings.keycloak, name, settings.client_key, clock)
        self._channels: dict[str, grpc.aio.Channel] = {}

    def stub(self, stub: Callable[[Any], S], address: str) -> S:
        """A generated stub whose methods are passed to `call`; they cannot be called themselves."""
        return stub(_Methods(address))

    async def call(
        self, method: Any, request: Message, *, tenant: str, purpose: str, deadline: float = DEADLINE
    ) -> Any:
        """Ask a peer and return its answer.

        `purpose` is one constant English phrase; the peer writes it into its audit trail. `deadline` in
        seconds is cut to what the call being answered has left. Raise what the peer raised
        (mash_sdk.problems), Unavailable when it is away, too slow or broken.
        """
        if not isinstance(method, PeerMethod):
            raise TypeError("pass a method of a stub made by Peers.stub()")
        if not purpose.isascii() or not purpose.strip():
            raise ValueError("a purpose is an ASCII phrase")
        peer, path = method.peer, method.path.strip("/")
        told = {"rpc.system.name": "grpc", "rpc.method": path, "mash.peer": peer, "mash.tenant": tenant}
        began = time.perf_counter()
        code = grpc.StatusCode.CANCELLED
        with step(path, kind=SpanKind.CLIENT, attributes={**told, "mash.purpose": purpose}) as span:
            try:
                seconds = time_left(deadline)
                async with asyncio.timeout(seconds):
                    answer = await self._asked(method, request, tenant, purpose, seconds)
                code = grpc.StatusCode.OK
            except grpc.aio.AioRpcError as err:
                code = err.code()
                raise problem_of(err, peer) from err
            except TimeoutError as err:
                code = grpc.StatusCode.DEADLINE_EXCEEDED
                raise too_slow(peer) from err
            finally:
                span.set_attribute("rpc.response.status_code", code.name)
                labels = {"rpc.method": path, "rpc.response.status_code": code.name}
                record(RPC_CLIENT_SECONDS, time.perf_counter() - began, labels)
        return answer

    async def _asked(
        self, method: PeerMethod, request: Message, tenant: str, purpose: str, seconds: float
    ) -> Any:
        ends = time.monotonic() + seconds
        for last in (False, True):
            headers = {
                "authorization": f"Bearer {await self._tokens.token(tenant, method.peer)}",
                "mash-purpose": purpose,
            }
            joined = journey.current()
            if joined is not None:
                headers["mash-journey"] = joined
            inject(headers)
            ask = self._channel(method.address).unary_unary(
                method.path, request_serializer=method.serialize, response_deserializer=method.parse
            )
            try:
                left = max(0.0, ends - time.monotonic())
                return await ask(request, timeout=left, metadata=[*headers.items()])
            except grpc.aio.AioRpcError as err:
                # The realm's keys may have turned while the token was kept.
                if last or err.code() is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
                self._tokens.forget(tenant, method.peer)
        raise AssertionError("unreachable")

    def _channel(self, address: str) -> grpc.aio.Channel:
        if address not in self._channels:
            self._channels[address] = grpc.aio.insecure_channel(address, options=_OPTIONS)
        return self._channels[address]

    async def close(self) -> None:
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.close()
        await self._tokens.close()


class _Methods:
    """Stands in for a channel while a generated stub is made: notes its methods, opens nothing."""

    def __init__(self, address: str) -> None:
        self._address = address

    def unary_unary(
        self,
        path: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
        **_: object,
    ) -> PeerMethod:
        return PeerMethod(path, self._address, request_serializer, response_deserializer)
