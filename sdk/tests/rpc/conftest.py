# SPDX-License-Identifier: EUPL-1.2
"""A real gRPC door on loopback, and a small identity provider that speaks HTTP as Keycloak does."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from mash.forms.v1 import forms_pb2, forms_pb2_grpc
from mash_sdk import problems, rpc
from mash_sdk.clock import system_clock
from mash_sdk.database import Database
from mash_sdk.identity import Verifier
from mash_sdk.rpc import Peers, RpcDoor, RpcServer, ServiceTokens
from mash_sdk.rpc.tokens import client_key
from mash_sdk.settings import Settings
from mash_sdk.telemetry import Telemetry
from mash_sdk.testing.spans import Spans


class Issuer:
    """Signs tokens of two realms; checks client assertions; counts what it was asked."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256")
        self.key.ensure_kid()
        self.clients: dict[str, ECKey] = {}
        self.asked: list[dict[str, str]] = []
        self.lives = 300
        self.away = False
        self.origin = ""

    def token(
        self, *, realm: str = "heidelberg", client: str = "notify", audience: str = "forms", **more: Any
    ) -> str:
        claims = {
            "iss": f"{self.origin}/realms/{realm}",
            "aud": [audience],
            "azp": client,
            "sub": "s",
            "typ": "Bearer",
            "iat": int(time.time()),
            "exp": int(time.time()) + self.lives,
            "preferred_username": f"service-account-{client}",
            "jti": str(len(self.asked)),
            **more,
        }
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key, algorithms=["ES256"])

    def grant(self, realm: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append({"realm": realm, **form})
        client = form["client_id"]
        claims = jwt.decode(form["client_assertion"], self.clients[client], algorithms=["ES256"]).claims
        good = claims["iss"] == claims["sub"] == client and claims["aud"] == f"{self.origin}/realms/{realm}"
        if self.away or not good:
            return 401, {"error": "invalid_client"}
        token = self.token(realm=realm, client=client, audience=form["scope"])
        return 200, {"access_token": token, "expires_in": self.lives}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        realm = path.split("/")[2]
        if path.endswith("/certs"):
            status, body = 200, cast("dict[str, Any]", KeySet([self.key]).as_dict(private=False))
        else:
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            form = parse_qs((await reader.readexactly(length)).decode())
            await asyncio.sleep(0.02)
            status, body = self.grant(realm, {name: values[0] for name, values in form.items()})
        data = json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(data)}\r\n\r\n".encode()
            + data
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    server = await asyncio.start_server(issuer.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    issuer.origin = f"http://{host}:{port}"
    yield issuer
    server.close()
    await server.wait_closed()


class Units:
    """Stands in for Database: notes which units were committed and which were not."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, str]] = []

    @asynccontextmanager
    async def unit(self, tenant: str) -> AsyncIterator[Any]:
        try:
            yield SimpleNamespace(tenant=tenant)
        except BaseException:
            self.ended.append((tenant, "rolled back"))
            raise
        self.ended.append((tenant, "committed"))


class Applications(forms_pb2_grpc.ApplicationServiceServicer):
    """Answers by the id it is asked for: an answer, a problem, a crash, or silence."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.pause = 0.0

    async def GetApplicant(self, request: Any, context: Any) -> forms_pb2.GetApplicantResponse:  # noqa: ARG002, N802
        self.seen.append((rpc.caller().client, rpc.unit().tenant, rpc.purpose()))
        await asyncio.sleep(self.pause)
        match request.application_id:
            case "silent":
                await asyncio.sleep(60)
            case "crash":
                raise RuntimeError("Erika Mustermann")
            case "":
                raise problems.Invalid(
                    "Es fehlt etwas.", errors=[problems.Fault("/application_id", "fehlt", "angeben")]
                )
            case name if hasattr(problems, name):
                raise getattr(problems, name)("Nein.", kind=f"own-{name.lower()}", retry_after=7)
        return forms_pb2.GetApplicantResponse(applicant_id=request.application_id)

    async def GetCosignature(self, request: Any, context: Any) -> forms_pb2.GetCosignatureResponse:  # noqa: ARG002, N802
        return forms_pb2.GetCosignatureResponse(service_title=request.request_id)

    async def GetNotice(self, request: Any, context: Any) -> forms_pb2.GetNoticeResponse:  # noqa: ARG002, N802
        return forms_pb2.GetNoticeResponse(application_id=request.application_id)


class House:
    """forms with its gRPC door open, and notify as a peer that asks it."""

    issuer: Issuer
    units: Units
    applications: Applications
    server: RpcServer
    spans: Spans
    forms: Telemetry
    notify: Telemetry
    peers: Peers
    stub: Any

    async def ask(self, application_id: str, *, deadline: float = 5.0) -> Any:
        request = forms_pb2.GetApplicantRequest(application_id=application_id)
        with self.notify.active():
            return await self.peers.call(
                self.stub.GetApplicant,
                request,
                tenant="heidelberg",
                purpose="send a notice",
                deadline=deadline,
            )


@pytest.fixture
def settings(issuer: Issuer, tmp_path: Any) -> Settings:
    key = tmp_path / "notify.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    issuer.clients["notify"] = client_key(key)
    environment = dict.fromkeys(("MASH_POSTGRES", "MASH_POSTGRES_WORKER", "MASH_KAFKA"), "-")
    environment |= {"MASH_KEYCLOAK": issuer.origin, "MASH_CLIENT_KEY": str(key), "MASH_CITIES": str(tmp_path)}
    return Settings.load("notify", environment)


@pytest.fixture
async def tokens(issuer: Issuer, settings: Settings) -> AsyncIterator[ServiceTokens]:
    tokens = ServiceTokens(issuer.origin, "notify", settings.client_key)
    yield tokens
    await tokens.close()


@pytest.fixture
async def house(issuer: Issuer, settings: Settings) -> AsyncIterator[House]:
    house = House()
    house.issuer, house.units, house.applications, house.spans = issuer, Units(), Applications(), Spans()
    house.forms = Telemetry("forms", strict=True, exporters=[house.spans.exporter])
    house.notify = Telemetry("notify", strict=True, exporters=[house.spans.exporter])
    verifier = Verifier(issuer.origin, "forms", {"heidelberg", "mannheim"}, system_clock)
    house.server = await rpc.serve_rpc(
        [RpcDoor(forms_pb2_grpc.add_ApplicationServiceServicer_to_server, house.applications)],
        "127.0.0.1:0",
        verifier=verifier,
        database=cast("Database", house.units),
        telemetry=house.forms,
    )
    house.peers = Peers(settings, "notify")
    house.stub = house.peers.stub(forms_pb2_grpc.ApplicationServiceStub, house.server.address)
    yield house
    await house.peers.close()
    await house.server.stop(grace=0)
    await verifier.close()
    await house.forms.close()
    await house.notify.close()
