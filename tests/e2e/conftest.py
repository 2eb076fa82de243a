# SPDX-License-Identifier: EUPL-1.2
"""The whole platform, every service its own process, and a real Chromium before it."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from mash_tools.platform import Platform

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PATIENCE = 60.0
ONE_ADDRESS = {
    "PORTAL_GW_RATE_CLIENT": "2000",
    "PORTAL_GW_RATE_CLIENT_BURST": "10000",
    "PORTAL_GW_RATE_LOGIN": "100",
    "PORTAL_GW_RATE_LOGIN_BURST": "1000",
}
"""Everybody in these tests comes from one address; the limits of one client are tested at the gateway."""


def _free_pair() -> int:
    """A port whose neighbour 180 further on is free too: Keycloak takes that one."""
    while True:
        with closing(socket.create_server(("127.0.0.1", 0))) as one:
            port = int(one.getsockname()[1])
        if port < 60000:
            with closing(socket.socket()) as other:
                if other.connect_ex(("127.0.0.1", port + 180)) != 0:
                    return port


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    running = Platform(
        tmp_path_factory.mktemp("mash"),
        _free_pair(),
        processes=True,
        source=ROOT / "cities",
        kern=ROOT / "node_modules/@kern-ux/native/dist",
        environ=ONE_ADDRESS,
        say=lambda who, what: print(f"{who}: {what}"),  # noqa: T201 — pytest shows it when something fails
    )
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to install chromium: the journey must run")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def person(browser: Browser) -> AsyncIterator[Callable[[], Any]]:
    """Makes people: each has a browser of their own, without history."""
    contexts: list[BrowserContext] = []

    async def make(width: int = 1280, height: int = 900) -> Page:
        context = await browser.new_context(viewport={"width": width, "height": height}, locale="de-DE")
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield make
    for context in contexts:
        await context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the services said besides, when a journey fails."""
    report = yield
    platform = getattr(item, "funcargs", {}).get("platform")
    if report.failed and isinstance(platform, Platform):
        for module in platform.modules:
            name = module.manifest.name
            told = [line for line in platform.logs(name).splitlines() if '"level": "INFO"' not in line]
            report.sections.append((f"{name} said", "\n".join(told[-15:])))
    return report
