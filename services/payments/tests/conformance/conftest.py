# SPDX-License-Identifier: EUPL-1.2
"""The adapters under test, each with its provider as a process and a hand on what goes wrong there.

A new adapter adds one entry to ADAPTERS; the suite in test_providers.py then holds for it too.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import httpx
import pytest

from mash_payments.gateways.xbezahldienste import XBezahldienste
from mash_payments.model import Money
from mash_payments.service import Begun, PaymentProvider

TENANT = "heidelberg"
SECONDS = 1.0


class World(Protocol):
    """The provider's side: what a payer does there, and what fails next."""

    async def pays(self, begun: Begun) -> str:
        """The payer pays; where they are sent back to."""
        ...

    async def cancels(self, begun: Begun) -> None: ...

    async def fails(self, begun: Begun) -> None: ...

    async def shows(self, begun: Begun, amount: Money) -> None:
        """From now on the provider says it collected another amount."""
        ...

    async def next(self, kind: str, *, on: str) -> None:
        """The next call fails: `late`, `error`, `unavailable`, `hang_up`, `refuse`."""
        ...

    async def forgets_tokens(self) -> None: ...

    async def opened(self) -> int:
        """How many transactions the provider holds."""
        ...


@dataclass
class Bench:
    """One adapter and its provider."""

    provider: PaymentProvider
    world: World


class XBezahldiensteWorld:
    """Pays on the simulator's page, orders faults on its control paths."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def pays(self, begun: Begun) -> str:
        answer = await self._http.post(begun.redirect_url, data={"decision": "pay", "method": "CREDITCARD"})
        return answer.headers["location"]

    async def cancels(self, begun: Begun) -> None:
        await self._http.post(begun.redirect_url, data={"decision": "cancel"})

    async def fails(self, begun: Begun) -> None:
        await self.next("refuse", on="pay")
        await self._http.post(begun.redirect_url, data={"decision": "pay"})

    async def shows(self, begun: Begun, amount: Money) -> None:
        shown = {"grosAmount": float(Decimal(amount.cents) / 100), "currency": amount.currency}
        await self._post(f"/_sim/transactions/{begun.transaction_id}", shown)

    async def next(self, kind: str, *, on: str) -> None:
        await self._post("/_sim/faults", {"kind": kind, "on": on, "seconds": SECONDS * 1.5})

    async def forgets_tokens(self) -> None:
        (await self._http.delete("/_sim/tokens")).raise_for_status()

    async def opened(self) -> int:
        return len((await self._http.get("/_sim/transactions")).json())

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        (await self._http.post(path, json=body)).raise_for_status()


@asynccontextmanager
async def through_xbezahldienste(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    origin = request.getfixturevalue("xbezahldienste").origin
    provider = XBezahldienste(origin, "mash", "mash-demo", {TENANT: "mash-demo/08221000"}, SECONDS)
    async with httpx.AsyncClient(base_url=origin) as http:
        yield Bench(provider, XBezahldiensteWorld(http))
        await http.delete("/_sim/faults")
    await provider.close()


ADAPTERS: dict[str, Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Bench]]] = {
    "xbezahldienste": through_xbezahldienste,
}


@pytest.fixture(params=ADAPTERS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with ADAPTERS[request.param](request) as made:
        yield made


@pytest.fixture
def provider(bench: Bench) -> PaymentProvider:
    return bench.provider


@pytest.fixture
def world(bench: Bench) -> World:
    return bench.world
