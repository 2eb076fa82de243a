# SPDX-License-Identifier: EUPL-1.2
"""Fixtures for every module's tests; pytest finds them by the entry point `mash`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mash_sdk.testing.bench import Bench
    from mash_sdk.testing.databases import PostgresServer
    from mash_sdk.testing.issuer import Issuer

BenchOf = Callable[..., Awaitable["Bench"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    help = "run the walks of a certificate too (mash_sdk.testing.walks)"  # noqa: A001 — as argparse calls it
    parser.addoption("--certify", action="store_true", help=help)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--certify"):
        items[:] = [item for item in items if item.get_closest_marker("certify") is None]


def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis, where it is installed, measures no time: a busy machine is no fault of the code."""
    config.addinivalue_line("markers", "certify: a walk of a certificate; runs with --certify")
    with suppress(ImportError):
        from hypothesis import HealthCheck, settings

        ours = settings.get_current_profile_name() == "default"
        settings.register_profile("mash", deadline=None, suppress_health_check=[HealthCheck.too_slow])
        if ours:  # on CI it has a profile of its own, which repeats
            settings.load_profile("mash")


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A real PostgreSQL for the session: an embedded one, or that of MASH_TEST_POSTGRES."""
    from mash_sdk.testing.databases import postgres_server as server

    with server() as running:
        yield running


@pytest.fixture(scope="session")
def token_issuer() -> "Iterator[Issuer]":
    """What stands in for Keycloak."""
    from mash_sdk.testing.issuer import Issuer

    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture(scope="session")
def bench_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
async def bench_of(
    postgres_server: "PostgresServer",
    token_issuer: "Issuer",
    bench_folder: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[BenchOf]:
    """Makes benches: `await bench_of("mash_payments", provider_url="…")`. They are closed after the test.

    `cities` is the repository's folder of that name unless it is given.
    """
    from mash_sdk.testing.bench import Bench

    async with AsyncExitStack() as stack:

        async def make(package: str, **settings: object) -> Bench:
            settings.setdefault("cities", request.config.rootpath / "cities")
            bench = await Bench.of(
                package, server=postgres_server, issuer=token_issuer, folder=bench_folder, **settings
            )
            stack.push_async_callback(bench.close)
            return bench

        yield make
