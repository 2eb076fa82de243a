# SPDX-License-Identifier: EUPL-1.2
"""Whether what runs at an address behaves as a module has to, in whatever language it is written."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from joserfc.jwk import ECKey
from pydantic import ValidationError

from mash.platform.v1.modules_pb2 import Announcement, SignedAnnouncement
from mash_sdk import announcing
from mash_sdk.http.guards import TENANT_HEADER
from mash_sdk.kafka import BrokerAway, KafkaBroker
from mash_sdk.manifest import Manifest, Route, under
from mash_sdk.problems import MEDIA_TYPE
from mash_sdk.tenants import read
from mash_tools.module.certify.verdict import Check, Finding, Outcome
from mash_tools.platform import approvals, noted
from mash_tools.platform.environment import Places
from mash_tools.platform.folder import DataFolder
from mash_tools.problems import LauncherError
from mash_tools.realms.people import Person, people_of
from mash_tools.realms.shape import DEMO_CLIENT

REQUIRED: Final = frozenset({"alive", "announced", "doors", "tenancy"})
AGAIN: Final = 15.0
"""Seconds within which an announcement has to be made again: it is every ten."""
LONGEST: Final = timedelta(minutes=5)
REFUSED: Final = (401, 403)


@dataclass
class Found:
    """What one check looks at, and what it finds."""

    name: str
    what: str
    findings: list[Finding] = field(default_factory=list)

    def expect(self, holds: object, reason: str, remedy: str) -> bool:
        if not holds:
            self.findings.append(Finding(reason, remedy))
        return bool(holds)

    def check(self) -> Check:
        outcome = Outcome.FAILED if self.findings else Outcome.PASSED
        return Check(self.name, outcome, self.what, tuple(self.findings))


@dataclass(frozen=True)
class Behaviour:
    manifest: Manifest | None
    checks: list[Check]


async def behaviour(url: str, folder: DataFolder) -> Behaviour:
    """Ask what runs at `url` beside the ./mash up of `folder`. Raises LauncherError if that does not run."""
    origin = url.rstrip("/")
    places = noted.find(folder)
    async with httpx.AsyncClient(base_url=origin, trust_env=False, timeout=10) as http:
        alive, document = await _alive(http)
        announced = Found("announced", "signed on Kafka, for the approved key and routes, again and again")
        manifest = await _announced(announced, origin, places, folder)
        checks = [alive.check(), announced.check()]
        if manifest is not None and document is not None:
            tokens = _Tokens(places, manifest.name)
            checks += [found.check() for found in await _doors(http, manifest, document, tokens)]
        else:
            checks += [
                Check(one, Outcome.LEFT_OUT, "who it is could not be seen") for one in ("doors", "tenancy")
            ]
    return Behaviour(manifest, checks)


async def _alive(http: httpx.AsyncClient) -> tuple[Found, Mapping[str, Any] | None]:
    found = Found("alive", "/healthz, /readyz, /metrics, /openapi.json")
    for path, said in (("/healthz", "alive"), ("/readyz", "ready, each dependency by its name")):
        answer = await _get(http, path)
        found.expect(
            answer is not None and answer.status_code == httpx.codes.OK,
            f"{path} answers {_status(answer)}",
            f"answer 200 there while it is {said}",
        )
    metrics = await _get(http, "/metrics")
    found.expect(
        metrics is not None and metrics.is_success and "# TYPE " in metrics.text,
        "/metrics is no text of Prometheus",
        "tell counters there, with # TYPE lines (the text exposition format)",
    )
    answer = await _get(http, "/openapi.json")
    try:
        document: Mapping[str, Any] = answer.json() if answer is not None and answer.is_success else {}
        paths = dict(document["paths"])
    except (ValueError, KeyError, TypeError):
        found.expect(False, "/openapi.json is no OpenAPI document", "describe the API's routes there")
        return found, None
    for path, operations in paths.items():
        for method, operation in operations.items():
            found.expect(
                operation.get("description"),
                f"{method.upper()} {path} says nothing of itself",
                "give it a description in /openapi.json",
            )
    return found, document


async def _announced(found: Found, origin: str, places: Places, folder: DataFolder) -> Manifest | None:
    broker = KafkaBroker(places.kafka, "mash-module-check")
    try:
        async with asyncio.timeout(AGAIN * 2):
            heard = [one async for one in _heard(broker, origin)]
    except (BrokerAway, TimeoutError) as err:
        raise LauncherError(f"Kafka at {places.kafka} does not answer; is ./mash up running?") from err
    finally:
        await broker.close()
    if not found.expect(
        heard,
        f"nobody announces {origin}",
        f"announce it on {announcing.TOPIC} with the origin under which it is reached",
    ):
        return None
    first, signed = heard[0]
    found.expect(
        len(heard) > 1,
        f"it was not announced again within {AGAIN:.0f} s",
        "announce it every ten seconds: what is not heard of any more counts as gone",
    )
    stated, until = (_moment(getattr(first, one)) for one in ("announced_at", "valid_until"))
    found.expect(
        timedelta() < until - stated <= LONGEST,
        f"the announcement holds for {until - stated}",
        "let it hold for 30 seconds",
    )
    approved = approvals.read(folder).get(first.name)
    if not found.expect(
        approved is not None, f"{first.name} is not approved", f"./mash module approve {first.name}"
    ):
        return None
    assert approved is not None  # noqa: S101 — expected above
    try:
        announcing.verify(signed, ECKey.import_key(approved["jwk"]))
    except announcing.NotGenuine as err:
        found.expect(False, f"its announcement: {err}", "sign it with the client key (detached JWS, ES256)")
    try:
        manifest = Manifest.model_validate_json(first.manifest)
    except ValidationError as err:
        said = "; ".join(str(one["msg"]) for one in err.errors(include_url=False))
        found.expect(False, f"its manifest cannot be used: {said}", "see docs/reference/module-toml.md")
        return None
    for route in manifest.routes:
        found.expect(
            any(under(route.path, prefix) for prefix in approved["routes"]),
            f"{route.path} is not approved",
            "./mash module approve its folder again, or take the route out",
        )
    return manifest


async def _heard(broker: KafkaBroker, origin: str) -> AsyncIterator[tuple[Announcement, SignedAnnouncement]]:
    """The newest announcement of what runs at `origin`, and the next one after it."""
    newest: tuple[Announcement, SignedAnnouncement] | None = None
    past, waits = False, asyncio.get_running_loop().time() + AGAIN
    async with aclosing(broker.follow([announcing.TOPIC])) as records:
        while True:
            try:
                async with asyncio.timeout_at(waits):
                    record = await anext(records)
            except TimeoutError:
                if newest is not None:
                    yield newest
                return
            if record is None:
                past = True
                continue
            if record.value is None:
                continue
            said, signed = announcing.read(record.value)
            if said.origin.rstrip("/") != origin or _moment(said.valid_until) < datetime.now(UTC):
                continue
            if past and newest is not None and said.instance == newest[0].instance:
                yield newest
                yield said, signed
                return
            newest = (said, signed)


class _Tokens:
    """Tokens of demo people, as the gateway would bring them."""

    def __init__(self, places: Places, audience: str) -> None:
        self.places = places
        self.audience = audience
        demo = [name for name, city in read(places.cities)[0].items() if city.demo]
        if len(demo) < 2:  # noqa: PLR2004 — one's own and another
            raise LauncherError(f"{places.cities} holds no two demo cities; their logins are needed.")
        self.home, self.elsewhere = demo[:2]

    async def of(self, city: str, roles: tuple[str, ...], audience: str | None = None) -> str:
        """Somebody who has one of the roles; any person if none is named."""
        people = people_of(self.places.cities / city)
        person = next((one for one in people if not roles or set(roles) & set(one.roles)), None)
        if person is None:
            raise LauncherError(f"{city} has no demo login with {' or '.join(roles)}.")
        return await self._ask(city, person, audience)

    async def without(self, roles: tuple[str, ...]) -> str | None:
        """Somebody who has none of the roles; None if everybody has one."""
        people = people_of(self.places.cities / self.home)
        person = next((one for one in people if not set(roles) & set(one.roles)), None)
        return None if person is None else await self._ask(self.home, person)

    async def _ask(self, city: str, person: Person, audience: str | None = None) -> str:
        form = {
            "client_id": DEMO_CLIENT,
            "client_secret": "demo",
            "grant_type": "password",
            "username": person.username,
            "password": person.password,
            "scope": audience or self.audience,
        }
        url = f"{self.places.keycloak}/realms/{city}/protocol/openid-connect/token"
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            answer = await http.post(url, data=form)
        if not answer.is_success:
            raise LauncherError(
                f"Keycloak gives {DEMO_CLIENT} no token for {form['scope']} ({answer.status_code}); was it "
                "approved, and started by ./mash module run?"
            )
        return str(answer.json()["access_token"])


async def _doors(
    http: httpx.AsyncClient, manifest: Manifest, document: Mapping[str, Any], tokens: _Tokens
) -> list[Found]:
    doors = Found("doors", "each route with, without and with wrong tokens; pages and problems in their form")
    tenancy = Found("tenancy", "each route with another city's token, and for no city")
    for method, path, route in _asked(manifest, document):
        said = f"{method} {path}"

        async def ask(
            token: str | None, city: str = tokens.home, how: tuple[str, str] = (method, path)
        ) -> Any:
            headers = {TENANT_HEADER: city} if city else {}
            headers |= {"authorization": f"Bearer {token}"} if token else {}
            return await http.request(*how, headers=headers)

        right, stranger = (
            await tokens.of(tokens.home, route.roles),
            await tokens.of(tokens.elsewhere, route.roles),
        )
        for token, whose in (
            ("a.b.c", "a token that is none"),
            (await _another(tokens), "another service's token"),
        ):
            _refused(
                doors, said, await ask(token), whose, "verify signature, issuer, audience and time of each"
            )
        if route.roles:
            wanted = f"ask for a token with {' or '.join(route.roles)}"
            _refused(doors, said, await ask(None), "nobody", wanted)
            if (other := await tokens.without(route.roles)) is not None:
                _refused(doors, said, await ask(other), "who lacks the role", wanted)
        _refused(
            tenancy, said, await ask(stranger), "another city's token", "let only the city of mash-tenant in"
        )
        nowhere = await ask(right, "")
        tenancy.expect(
            nowhere.status_code < httpx.codes.INTERNAL_SERVER_ERROR and not nowhere.is_success,
            f"{said} answers {nowhere.status_code} to a call for no city",
            f"refuse what comes without {TENANT_HEADER}",
        )
        good = await ask(right if route.roles else None)
        doors.expect(
            good.status_code not in REFUSED and good.status_code < httpx.codes.INTERNAL_SERVER_ERROR,
            f"{said} answers {good.status_code} to who may",
            "let in whom module.toml names",
        )
        if route.kind == "page" and good.is_success:
            text = good.text.lower()
            doors.expect(
                "<main" in text and "<html" not in text and "<script" not in text,
                f"{said} is no <main> for the portal's shell",
                "answer one <main> without <html> and without scripts",
            )
        if route.kind == "api":
            missing = await ask(right, how=("GET", f"{route.path}/there-is-no-such-thing"))
            doors.expect(
                missing.status_code == httpx.codes.NOT_FOUND and _is_problem(missing),
                f"what is not there is answered with {missing.status_code} as {_kind(missing)}",
                f"answer 404 as {MEDIA_TYPE}",
            )
    return [doors, tenancy]


def _asked(manifest: Manifest, document: Mapping[str, Any]) -> Iterator[tuple[str, str, Route]]:
    """Every described operation, and each page, with the route of the manifest that leads there."""
    for route in manifest.routes:
        inside = route.upstream or route.path
        if route.kind == "page":
            yield "GET", inside, route
        for path, operations in document["paths"].items():
            # An id that nothing has: whoever may ask is told so, everybody else is refused before.
            filled = "/".join("0" if part.startswith("{") else part for part in path.split("/"))
            if under(path, inside):
                yield from ((method.upper(), filled, route) for method in operations)


async def _another(tokens: _Tokens) -> str:
    return await tokens.of(tokens.home, (), "portal-gw")


def _refused(found: Found, said: str, answer: httpx.Response, whose: str, remedy: str) -> None:
    if found.expect(answer.status_code in REFUSED, f"{said} answers {answer.status_code} to {whose}", remedy):
        found.expect(
            _is_problem(answer),
            f"{said} refuses {whose} as {_kind(answer)}",
            f"answer {MEDIA_TYPE} (RFC 9457)",
        )


def _is_problem(answer: httpx.Response) -> bool:
    return _kind(answer) == MEDIA_TYPE


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "nothing")).partition(";")[0]


async def _get(http: httpx.AsyncClient, path: str) -> httpx.Response | None:
    try:
        return await http.get(path)
    except httpx.TransportError:
        return None


def _status(answer: httpx.Response | None) -> str:
    return "nothing" if answer is None else str(answer.status_code)


def _moment(stamp: Any) -> datetime:
    try:
        moment: datetime = stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
    return moment
