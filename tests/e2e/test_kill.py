# SPDX-License-Identifier: EUPL-1.2
"""A process dies in mid-journey and is started again: one application, one payment, one decision.

The random kills are 20 here and 1,000 in `./mash soak`; MASH_KILLS and MASH_KILLS_SEED say otherwise.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from mash_sdk.ids import new_id
from mash_sdk.testing.patience import until
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

ANSWERS = {
    "given_name": "Anna",
    "family_name": "Beispiel",
    "email": "anna@heidelberg.example",
    "street": "Hauptstraße",
    "house_number": "12 a",
    "postal_code": "69117",
    "plate": "HD-AB 123",
    "keeper": True,
    "valid_from": "2027-01-01",
}


class Caller:
    """An API client of the portal that does what a person would: ask again when there is no answer."""

    def __init__(self, platform: Platform, username: str) -> None:
        self._platform = platform
        self._username = username
        self._client = httpx.AsyncClient(base_url=f"{platform.url}/heidelberg", timeout=15)

    async def start(self) -> None:
        async def logged_in() -> httpx.Response | None:
            answer = await self._client.post(
                f"{self._platform.places.keycloak}/realms/heidelberg/protocol/openid-connect/token",
                data={
                    "grant_type": "password",
                    "client_id": "demo-api",
                    "client_secret": "demo",
                    "username": self._username,
                    "password": "demo",
                    "scope": "openid",
                },
            )
            # Keycloak itself needs a while after PostgreSQL was killed.
            return None if answer.is_server_error else answer.raise_for_status()

        answer = await until(logged_in, "Keycloak lets nobody in", within=120)
        self._client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Repeat until the portal answers with something else than “try again”. Writes carry a key."""
        if method != "GET":
            more["headers"] = {"idempotency-key": new_id(), **more.get("headers", {})}

        async def answered() -> httpx.Response | None:
            with suppress(httpx.TransportError):
                answer = await self._client.request(method, path, **more)
                if answer.status_code == 401:
                    # A long run outlives its token.
                    await self.start()
                    return None
                again = answer.status_code >= 500 or answer.status_code == 429
                if not again and "payment-being-started" not in answer.text:
                    return answer
            return None

        answer = await until(answered, f"{method} {path} is never answered", within=90)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        document: dict[str, Any] = answer.json()
        return document

    async def close(self) -> None:
        await self._client.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def anna(platform: Platform) -> AsyncIterator[Caller]:
    caller = Caller(platform, "anna")
    await caller.start()
    yield caller
    await caller.close()


@pytest_asyncio.fixture(loop_scope="session")
async def kurt(platform: Platform) -> AsyncIterator[Caller]:
    caller = Caller(platform, "kurt")
    await caller.start()
    yield caller
    await caller.close()


SERVICES = ["portal-gw", "forms", "payments", "notify", "sensors"]


@pytest.mark.parametrize("victim", SERVICES)
async def test_a_killed_service_loses_and_doubles_nothing(
    platform: Platform, anna: Caller, kurt: Caller, victim: str
) -> None:
    application_id = new_id()
    plate = f"HD-KI {100 + SERVICES.index(victim)}"
    body = {"id": application_id, "form": "bewohnerparkausweis", "data": ANSWERS | {"plate": plate}}

    # Killed once right after it was handed in, and again while payment and decision are on their way.
    await anna.ask("POST", "/api/forms/v1/applications", json=body)
    await _kill_and_start(platform, victim)
    payment = await until(lambda: _payment_of(anna, application_id), "no fee is due")
    attempt = await anna.ask("POST", f"/api/payments/v1/payments/{payment['id']}/attempts")
    async with asyncio.TaskGroup() as together:
        together.create_task(_pay(attempt["redirect_url"]))
        together.create_task(_kill_and_start(platform, victim))
    await until(lambda: _state(anna, application_id, "RECEIVED", "PROCESSING"), "the payment never arrives")
    async with asyncio.TaskGroup() as together:
        decision = {"outcome": "APPROVED"}
        path = f"/api/forms/v1/applications/{application_id}/decision"
        together.create_task(kurt.ask("POST", path, json=decision))
        together.create_task(_kill_and_start(platform, victim))
    await until(lambda: _state(anna, application_id, "COMPLETED"), "the decision never arrives")
    await until(lambda: _told(platform, application_id), "nobody was told of the decision", within=90)

    assert await _counted(platform, application_id) == {
        "applications": 1,
        "decisions": 1,
        "documents": 1,
        "letters": 1,
        "payments": 1,
        "paid attempts": 1,
    }


KILLS = int(os.environ.get("MASH_KILLS", "20"))
SEED = int(os.environ.get("MASH_KILLS_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
# Every process a journey passes through; the services more often, as they hold what is under way.
VICTIMS = [*SERVICES[:4] * 2, "xbezahldienste", "stripe", "paypal", "girocheckout", "kafka", "postgres"]
METHODS = ["platform", "card", "paypal", "wero"]


async def test_a_random_process_killed_at_a_random_moment_loses_and_doubles_nothing(
    platform: Platform, anna: Caller, kurt: Caller
) -> None:
    """Submit → pay → case → decision, on real Kafka and PostgreSQL, as often as KILLS says."""
    dice = random.Random(SEED)
    span = await _lasts(_whole_journey(anna, kurt, new_id(), METHODS[0], "HD-RK 9999"))
    before, inside = await _collected(platform), 0
    for run in range(KILLS):
        victim, method, moment = dice.choice(VICTIMS), dice.choice(METHODS), dice.uniform(0, span)
        said = f"run {run} of seed {SEED}: {victim} after {moment:.2f} s, paid by {method}"
        print(said)  # noqa: T201 — pytest shows it when something fails
        application_id = new_id()
        async with asyncio.TaskGroup() as together:
            plate = f"HD-RK {run % 9000 + 1}"
            whole = _lasts(_whole_journey(anna, kurt, application_id, method, plate))
            journey = together.create_task(whole)
            inside += await together.create_task(_kill_after(platform, victim, moment, journey))
        span = min(span, journey.result())
        await until(partial(_told, platform, application_id), "nobody was told of the decision", within=90)
        assert await _counted(platform, application_id) == {
            "applications": 1,
            "decisions": 1,
            "documents": 1,
            "letters": 1,
            "payments": 1,
            "paid attempts": 1,
        }, said
        assert await _booked(platform, application_id) == [
            ("due", "receivable", 12000),
            ("due", "revenue", -12000),
            ("paid", f"provider:{PROVIDERS[method]}", 12000),
            ("paid", "receivable", -12000),
        ], said
        assert await _collected(platform) - before == run + 1, f"{said}: by the providers' own books"
    print(f"{inside} of {KILLS} kills fell into their journey")  # noqa: T201 — the same
    assert inside > KILLS // 2, "most kills came when their journey was over"


async def test_the_same_application_sent_twice_is_one(platform: Platform, anna: Caller) -> None:
    body = {"id": new_id(), "form": "bewohnerparkausweis", "data": ANSWERS | {"plate": "HD-ZW 2"}}
    await anna.ask("POST", "/api/forms/v1/applications", json=body)
    await anna.ask("POST", "/api/forms/v1/applications", json=body)
    assert (await _counted(platform, body["id"]))["applications"] == 1


async def _kill_and_start(platform: Platform, name: str) -> None:
    await platform.kill(name)
    await platform.start_again(name)


async def _lasts(journey: Coroutine[Any, Any, None]) -> float:
    """How long it takes; the shortest one so far is what kills have to fall into."""
    began = asyncio.get_running_loop().time()
    await journey
    return asyncio.get_running_loop().time() - began


async def _kill_after(platform: Platform, victim: str, moment: float, journey: asyncio.Task[float]) -> bool:
    """Tell whether the journey was under way when it was killed."""
    # Not waiting for something: the moment is what is random.
    await asyncio.sleep(moment)
    inside = not journey.done()
    await _kill_and_start(platform, victim)
    return inside


async def _whole_journey(anna: Caller, kurt: Caller, application_id: str, method: str, plate: str) -> None:
    """What two people do who ask again until they are answered."""
    body = {"id": application_id, "form": "bewohnerparkausweis", "data": ANSWERS | {"plate": plate}}
    await anna.ask("POST", "/api/forms/v1/applications", json=body)
    payment = await until(lambda: _payment_of(anna, application_id), "no fee is due", within=90)
    attempts = f"/api/payments/v1/payments/{payment['id']}/attempts?method={method}"

    async def paid() -> bool:
        now = await anna.ask("GET", f"/api/payments/v1/payments/{payment['id']}")
        if now["state"] != "SETTLED":
            # Goes on with the open attempt, and the provider is asked how it stands.
            with suppress(AssertionError):
                attempt = await anna.ask("POST", attempts)
                with suppress(httpx.HTTPError):
                    await _pay(attempt["redirect_url"] or "")
        return bool(now["state"] == "SETTLED")

    await until(paid, "the payment is never settled", within=120)
    wanted = ("RECEIVED", "PROCESSING")
    await until(lambda: _state(anna, application_id, *wanted), "the payment never arrives", within=90)
    path = f"/api/forms/v1/applications/{application_id}/decision"
    await kurt.ask("POST", path, json={"outcome": "APPROVED"})
    await until(lambda: _state(anna, application_id, "COMPLETED"), "the decision never arrives", within=90)
    await until(lambda: _letter(anna, application_id), "there is no document", within=90)


async def _letter(anna: Caller, application_id: str) -> bool:
    return bool((await anna.ask("GET", f"/api/forms/v1/applications/{application_id}"))["documents"])


async def _payment_of(anna: Caller, application_id: str) -> dict[str, Any] | None:
    payments = (await anna.ask("GET", "/api/payments/v1/payments"))["items"]
    return next((payment for payment in payments if payment["application_id"] == application_id), None)


async def _state(anna: Caller, application_id: str, *wanted: str) -> bool:
    return (await anna.ask("GET", f"/api/forms/v1/applications/{application_id}"))["state"] in wanted


async def _pay(url: str) -> None:
    """What the payer's browser does at the provider; the way back to the portal may be cut off."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(url, data={"method": "CREDITCARD", "decision": "pay"})
        assert answer.status_code in {200, 302, 303}, answer.text
        if answer.has_redirect_location:
            with suppress(httpx.TransportError):
                await browser.get(answer.headers["location"])


async def _told(platform: Platform, application_id: str) -> bool:
    """The letter about the decision left, or it is said that nobody can know: notify may have been killed
    while it handed the letter over.
    """
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        query = "select state from notify.messages where about = $1 and kind = 'decision'"
        return await connection.fetchval(query, application_id) in {"sent", "unknown"}
    finally:
        await connection.close()


async def _collected(platform: Platform) -> int:
    """How often the providers have taken money, by their own books."""
    found = 0
    async with httpx.AsyncClient(timeout=15) as client:
        for name, is_paid in PAID.items():
            answer = await client.get(f"{platform.places.simulator(name)}/_sim/transactions")
            found += sum(map(is_paid, answer.raise_for_status().json()))
    return found


PAID: dict[str, Callable[[Any], bool]] = {
    "xbezahldienste": lambda order: order["paymentInformation"]["status"] == "PAYED",
    "stripe": lambda session: session["state"] == "paid",
    "paypal": lambda order: order["state"] == "COMPLETED",
    "girocheckout": lambda transaction: transaction["result"] == 4000,
}
COUNTS = {
    "applications": "select count(*) from forms.applications where id = $1",
    "decisions": "select count(*) from forms.decisions where application_id = $1",
    "documents": "select count(*) from forms.documents where application_id = $1",
    "letters": "select count(*) from notify.messages where about = $1 and kind = 'decision'",
    "payments": "select count(*) from payments.payments where application_id = $1 and state = 'SETTLED'",
    "paid attempts": "select count(*) from payments.attempts a join payments.payments p"
    " on p.id = a.payment_id where p.application_id = $1 and a.state = 'PAYED'",
}


PROVIDERS = {"platform": "xbezahldienste", "card": "stripe", "paypal": "paypal", "wero": "girocheckout"}


async def _booked(platform: Platform, application_id: str) -> list[tuple[str, str, int]]:
    """Every entry in the ledger for an application's fee."""
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        rows = await connection.fetch(
            "select b.kind, e.account, e.cents from payments.entries e"
            " join payments.bookings b on b.tenant = e.tenant and b.id = e.booking_id"
            " join payments.payments p on p.id = b.payment_id where p.application_id = $1 order by 1, 2",
            application_id,
        )
        return [(row["kind"], row["account"], row["cents"]) for row in rows]
    finally:
        await connection.close()


async def _counted(platform: Platform, application_id: str) -> dict[str, int]:
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        return {name: await connection.fetchval(query, application_id) for name, query in COUNTS.items()}
    finally:
        await connection.close()
