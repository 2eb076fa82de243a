# SPDX-License-Identifier: EUPL-1.2
"""What all tests here stand on: the payment platform's simulator as a process of its own, and a payer."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_payments.service import Reconciler
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench
from mash_simulators.started import Started

# The simulators' own secrets, for every city.
ACCOUNTS = json.dumps(
    {
        "*": {
            "stripe": {"key": "sk_test_mash", "webhook_secret": "whsec_mash"},
            "paypal": "mash-demo",
            "girocheckout": "mash-demo",
        }
    }
)
FEE = Money(cents=12000, currency="EUR")


@pytest.fixture(scope="session")
def xbezahldienste() -> Iterator[Started]:
    with Started("xbezahldienste", "--listen", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[Started]:
    with Started("stripe", "--listen", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def paypal() -> Iterator[Started]:
    with Started("paypal", "--listen", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def girocheckout() -> Iterator[Started]:
    with Started("girocheckout", "--listen", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture
async def provider_http(xbezahldienste: Started) -> AsyncIterator[httpx.AsyncClient]:
    """The simulator as a payer's browser and as a test's hand on its faults."""
    async with httpx.AsyncClient(base_url=xbezahldienste.origin) as http:
        yield http
        await http.delete("/_sim/faults")


@pytest.fixture
def payments_of(
    bench_of: Callable[..., Awaitable[Bench]],
    xbezahldienste: Started,
    stripe_process: Started,
    paypal: Started,
    girocheckout: Started,
) -> Callable[..., Awaitable[Bench]]:
    async def make(**settings: object) -> Bench:
        return await bench_of(
            "mash_payments",
            xbezahldienste_url=xbezahldienste.origin,
            xbezahldienste_client_id="mash",
            xbezahldienste_client_secret="mash-demo",
            stripe_url=stripe_process.origin,
            paypal_url=paypal.origin,
            girocheckout_url=girocheckout.origin,
            accounts=ACCOUNTS,
            return_secret="0123456789abcdef0123456789abcdef",
            provider_seconds=1.0,
            **settings,
        )

    return make


@pytest.fixture
async def bench(payments_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await payments_of()


@dataclass
class Payer:
    """A citizen with a fee to pay, in a browser."""

    bench: Bench
    provider: httpx.AsyncClient
    application: str
    subject: str

    @property
    def browser(self) -> httpx.AsyncClient:
        """With a token that has not run out."""
        return self.bench.client(subject=self.subject)

    async def page(self) -> httpx.Response:
        return await self.browser.get(f"/pay/{self.application}")

    async def clicks(self, **fields: str) -> httpx.Response:
        return await self.browser.post(f"/pay/{self.application}", data={"csrf": CSRF, **fields})

    async def goes(self) -> str:
        """To the provider; the address of the page there."""
        answer = await self.clicks()
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(str(self.provider.base_url).rstrip("/"))
        return str(answer.headers["location"])

    async def decides(self, page: str, decision: str = "pay") -> str:
        """At the provider; the path one is sent back to."""
        answer = await self.provider.post(page, data={"decision": decision})
        there = urlsplit(answer.headers["location"])
        return there.path.removeprefix("/heidelberg") + "?" + there.query

    async def comes_back(self, path: str) -> httpx.Response:
        return await self.bench.visitor().get(path)

    async def payment(self) -> dict[str, Any]:
        (found,) = (await self.browser.get("/api/payments/v1/payments")).json()["items"]
        return dict(found)

    async def order(self, kind: str, on: str, seconds: float = 0, times: int = 1) -> None:
        fault = {"kind": kind, "on": on, "seconds": seconds, "times": times}
        (await self.provider.post("/_sim/faults", json=fault)).raise_for_status()

    async def shows(self, page: str, **what: object) -> None:
        transaction = page.rpartition("/")[2]
        (await self.provider.post(f"/_sim/transactions/{transaction}", json=what)).raise_for_status()

    async def reconciled(self, **later: float) -> None:
        self.bench.clock.forward(**later)
        reconciler = self.bench.program.provides[Reconciler]
        assert isinstance(reconciler, Reconciler)
        with self.bench.program.telemetry.active():
            await reconciler.once()
        await self.bench.settle()

    def settled(self) -> list[PaymentSettled]:
        return self.bench.announced(PaymentSettled)


@pytest.fixture
def payer_of(bench: Bench, provider_http: httpx.AsyncClient) -> Callable[..., Awaitable[Payer]]:
    async def make(
        reference: str = "HD-7K2M-9QXC",
        at: Bench = bench,
        demo_fee: bool = True,  # noqa: FBT001, FBT002
        language: str = "",
    ) -> Payer:
        subject, application = new_id(), new_id()
        event = ApplicationSubmitted(
            application_id=application,
            applicant_id=subject,
            reference=reference,
            fee=FEE,
            demo_fee=demo_fee,
            language=language,
        )
        await at.deliver(event, journey=application)
        return Payer(at, provider_http, application, subject)

    return make


@pytest.fixture
async def payer(payer_of: Callable[..., Awaitable[Payer]]) -> Payer:
    return await payer_of()
