# SPDX-License-Identifier: EUPL-1.2
"""A front door on loopback, modules behind it that can misbehave, and a stand-in for Keycloak's login."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey

from mash_portal_gw.edge.door import Door
from mash_portal_gw.edge.guarded import GuardedHttp
from mash_portal_gw.edge.threshold import Threshold
from mash_portal_gw.service.routes import RouteTable
from mash_sdk import announcing
from mash_sdk.ids import new_id
from mash_sdk.manifest import Manifest
from mash_sdk.testing import Bench
from mash_sdk.testing.issuer import LIFE, Issuer

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


@asynccontextmanager
async def served(
    app: Any, protocol: Any = "httptools", *, force: bool = True, **options: Any
) -> AsyncIterator[str]:
    """The ASGI application behind a socket; yields `127.0.0.1:port`. `force`: its end waits for nobody."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        ws="none",
        **options,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server._serve([listener]))
    while not server.started:  # noqa: ASYNC110 — uvicorn tells it by this attribute alone
        await asyncio.sleep(0.005)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = force
        await running
        listener.close()


@dataclass
class Seen:
    """A request as the module saw it."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass
class Module:
    """A module behind the gateway: remembers what it was asked, answers what it is told to."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b"{}"
    seen: list[Seen] = field(default_factory=list)
    parts: list[bytes] | None = None
    """Streamed one by one, each after `go` was set."""
    go: asyncio.Event = field(default_factory=asyncio.Event)
    wait: float = 0
    origin: str = ""
    running: int = 0

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.running += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self.running -= 1

    async def _answer(self, scope: Scope, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode()
        self.seen.append(Seen(scope["method"], scope["raw_path"].decode(), query, headers, body))
        await asyncio.sleep(self.wait)
        told = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": told})
        for part in self.parts or ():
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await self.go.wait()
            self.go.clear()
        await send({"type": "http.response.body", "body": b"" if self.parts else self.body})

    @property
    def last(self) -> Seen:
        return self.seen[-1]


class LoginIssuer(Issuer):
    """Adds what a browser's login needs: codes, ID tokens, refresh, exchange, logout; and it can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []
        self.ended: set[str] = set()
        self.revoked: set[str] = set()
        """Access tokens that count no more."""
        self.id_claims: dict[str, object] = {}

    def code(
        self, location: str, *, roles: tuple[str, ...] = ("citizen",), subject: str = "anna"
    ) -> dict[str, str]:
        """What Keycloak would send the browser back with from `location`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = new_id()
        tenant = urlsplit(location).path.split("/")[2]
        self.codes[code] = {**asked, "roles": roles, "subject": subject, "tenant": tenant}
        return {"code": code, "state": asked["state"], "iss": f"{self.url}/realms/{tenant}"}

    def _answer(self, path: str, form: dict[str, str]) -> dict[str, Any] | None:
        if path.endswith("/token") and form.get("grant_type") != "client_credentials":
            self.asked.append(form)
            return self._granted(path.split("/")[2], form)
        if path.endswith("/logout"):
            self.ended.add(form["refresh_token"])
            return {"ok": True}
        return {"issuer": "here"} if path.endswith("-configuration") else super()._answer(path, form)

    def _granted(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        match form["grant_type"]:
            case "authorization_code" if form["code"] in self.codes:
                return self._tokens(tenant, self.codes.pop(form["code"]))
            case "refresh_token" if form["refresh_token"] not in self.ended:
                return self._tokens(tenant, json.loads(form["refresh_token"]))
            case "urn:ietf:params:oauth:grant-type:token-exchange" if form["subject_token"] in self.revoked:
                return {"error": "invalid_request", "error_description": "Invalid token"}
            case "urn:ietf:params:oauth:grant-type:token-exchange":
                return {"access_token": f"exchanged.for.{form['audience']}", "expires_in": LIFE}
        return {"error": "invalid_grant"}

    def _tokens(self, tenant: str, known: Mapping[str, Any]) -> dict[str, Any]:
        assert self.clock is not None
        now = self.clock.now()
        access = self.token(
            tenant=tenant,
            audience="portal-gw",
            now=now,
            roles=known["roles"],
            subject=known["subject"],
            given_name="Anna",
            family_name="Beispiel",
        )
        claims = {
            "iss": f"{self.url}/realms/{tenant}",
            "aud": "portal-gw",
            "azp": "portal-gw",
            "sub": known["subject"],
            "nonce": known.get("nonce"),
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + LIFE,
            **self.id_claims,
        }
        id_token = jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key, algorithms=["ES256"])
        refresh = json.dumps({"roles": known["roles"], "subject": known["subject"], "n": new_id()})
        return {"access_token": access, "id_token": id_token, "refresh_token": refresh, "expires_in": LIFE}


@pytest.fixture(scope="session")
def token_issuer() -> Iterator[LoginIssuer]:
    issuer = LoginIssuer()
    yield issuer
    issuer.close()


@dataclass
class Front:
    """The gateway on a socket, and the modules it knows."""

    bench: Bench
    address: str
    keycloak: LoginIssuer
    routes: RouteTable
    keys: dict[str, ECKey]

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def threshold(self) -> Threshold:
        return cast("Door", self.bench.app).threshold

    def announce(self, name: str, routes: list[dict[str, Any]], *origins: str, **more: Any) -> Manifest:
        """Let instances of a module announce themselves. Without an origin they withdraw."""
        manifest = Manifest.model_validate(
            {
                "name": name,
                "title": name.title(),
                "version": "1.0.0",
                "sdk": ">=0.1",
                "routes": routes,
                **more,
            }
        )
        for origin in origins:
            key, value = self.record(manifest, origin, new_id())
            assert self.routes.learn(key, value) == "new", self.routes.rejections()
        return manifest

    def record(
        self,
        manifest: Manifest,
        origin: str,
        instance: str,
        *,
        at: datetime | None = None,
        key: ECKey | None = None,
    ) -> tuple[bytes, bytes]:
        from mash.platform.v1.modules_pb2 import Announcement

        said = Announcement(
            name=manifest.name,
            version=manifest.version,
            instance=instance,
            origin=origin,
            manifest=manifest.model_dump_json(),
        )
        moment = at or self.bench.clock.now()
        said.announced_at.FromDatetime(moment)
        said.valid_until.FromDatetime(moment + announcing.VALID)
        signed = announcing.sign(said, key or self.keys[manifest.name])
        return announcing.record_key(manifest.name, instance), signed

    def browser(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers={"accept": "text/html", **headers})

    def api(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"accept": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return httpx.AsyncClient(base_url=self.url, headers=headers)

    async def login(
        self, browser: httpx.AsyncClient, then: str = "/heidelberg/", *, roles: tuple[str, ...] = ("citizen",)
    ) -> httpx.Response:
        """Log in at the tenant of `then`. Returns the callback's answer."""
        prefix = "/" + then.split("/")[1]
        away = await browser.get(f"{prefix}/login", params={"next": then})
        assert away.status_code == 303, away.text
        back = self.keycloak.code(away.headers["location"], roles=roles)
        return await browser.get(f"{prefix}/callback", params=back)

    async def raw(self, data: bytes, *, patience: float = 3) -> bytes:
        """Send bytes as they are; everything that comes back until the connection is closed or silent."""
        reader, writer = await asyncio.open_connection(*self.address.split(":"))
        writer.write(data)
        await writer.drain()
        answer = b""
        try:
            async with asyncio.timeout(patience):
                while part := await reader.read(65536):
                    answer += part
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
        return answer


APPROVED = {
    "forms": ["/api/forms", "/apply", "/account", "/services", "/files"],
    "desk": ["/desk", "/api/desk"],
    "sensors": ["/api/sensors"],
}


@pytest.fixture(scope="session")
def module_keys() -> dict[str, ECKey]:
    return {name: ECKey.generate_key("P-256") for name in APPROVED}


@pytest.fixture
def approvals(tmp_path: Path, module_keys: dict[str, ECKey]) -> Path:
    file = tmp_path / "approvals.json"
    entries = {
        name: {"jwk": module_keys[name].as_dict(private=False), "routes": routes}
        for name, routes in APPROVED.items()
    }
    file.write_text(json.dumps(entries))
    return file


@pytest.fixture
async def front_of(
    bench_of: Any, approvals: Path, module_keys: dict[str, ECKey], token_issuer: LoginIssuer
) -> AsyncIterator[Callable[..., Awaitable[Front]]]:
    token_issuer.away = False
    token_issuer.id_claims = {}
    token_issuer.asked.clear()
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Front:
            settings = {
                "session_key": "k" * 32,
                "approvals": approvals,
                "rate_login_burst": 1000,
                "kept_seconds": 60,
                **settings,
            }
            bench = await bench_of("mash_portal_gw", **settings)
            address = await stack.enter_async_context(served(bench.app, GuardedHttp))
            routes = bench.program.provides[RouteTable]
            return Front(bench, address, token_issuer, routes, module_keys)

        yield make


@pytest.fixture
async def front(front_of: Callable[..., Awaitable[Front]]) -> Front:
    return await front_of()


@pytest.fixture
def served_by() -> Any:
    """`served`, for tests that end it themselves."""
    return served


@pytest.fixture
async def module_of() -> AsyncIterator[Callable[..., Awaitable[Module]]]:
    async with AsyncExitStack() as stack:

        async def make(**answers: Any) -> Module:
            module = Module(**answers)
            module.origin = "http://" + await stack.enter_async_context(served(module))
            return module

        yield make


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[App], Awaitable[str]]]:
    """Puts an ASGI application behind a socket and tells its origin."""
    async with AsyncExitStack() as stack:

        async def make(app: App) -> str:
            return f"http://{await stack.enter_async_context(served(app))}"

        yield make


API = {"path": "/api/forms/v1", "kind": "api"}
PAGE = {"path": "/services", "kind": "page", "upstream": "/pages/services"}
ACCOUNT = {"path": "/account", "kind": "page", "upstream": "/pages/account", "roles": ["citizen"]}
MINE = {"path": "/api/forms/v1/mine", "kind": "api", "roles": ["citizen"]}


@pytest.fixture
async def forms(front: Front, module_of: Callable[..., Awaitable[Module]]) -> Module:
    """A module with a public and a citizens' API, a public and a citizens' page."""
    module = await module_of()
    front.announce("forms", [API, PAGE, ACCOUNT, MINE], module.origin)
    return module
