# SPDX-License-Identifier: EUPL-1.2
"""The payment platform for all tests here: the simulator, a process of its own on a free port."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest

from mash_sdk.testing import Bench
from mash_simulators.started import Started


@pytest.fixture(scope="session")
def xbezahldienste() -> Iterator[Started]:
    with Started("xbezahldienste", "--listen", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture
async def provider_http(xbezahldienste: Started) -> AsyncIterator[httpx.AsyncClient]:
    """The simulator as a payer's browser and as a test's hand on its faults."""
    async with httpx.AsyncClient(base_url=xbezahldienste.origin) as http:
        yield http
        await http.delete("/_sim/faults")


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], xbezahldienste: Started) -> Bench:
    return await bench_of(
        "mash_payments",
        xbezahldienste_url=xbezahldienste.origin,
        xbezahldienste_client_id="mash",
        xbezahldienste_client_secret="mash-demo",
        return_secret="0123456789abcdef0123456789abcdef",
        provider_seconds=1.0,
    )
