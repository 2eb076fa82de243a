# SPDX-License-Identifier: EUPL-1.2
"""A tour in a browser: ticked off without a network, kept over a reload, sent once there is one again."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until
from mash_tools.ports import free_port

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")


class Front:
    """Stands between browser and module as the gateway does."""

    def __init__(self, driver: httpx.AsyncClient) -> None:
        self.driver = driver
        self.sent: list[str] = []
        anything = Route("/heidelberg/{path:path}", self.answer, methods=["GET", "POST"])
        config = uvicorn.Config(
            Starlette(routes=[anything]), port=free_port(), log_config=None, lifespan="off"
        )
        self.server = uvicorn.Server(config)
        self.url = f"http://127.0.0.1:{config.port}/heidelberg"

    async def up(self) -> bool:
        return self.server.started

    async def answer(self, request: Request) -> Response:
        body, path = await request.body(), request.url.path.removeprefix("/heidelberg")
        if request.method == "POST":
            self.sent.append(path)
        headers = {"content-type": request.headers.get("content-type", "text/plain")}
        got = await self.driver.request(request.method, path, content=body, headers=headers)
        if got.is_redirect:
            return Response(status_code=got.status_code, headers={"location": got.headers["location"]})
        # As the shell frames it.
        framed = b"" if path.endswith(".js") else b"<!doctype html><html lang=de><body>"
        return Response(framed + got.content, media_type=got.headers["content-type"])


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has to install chromium")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield await browser.new_page(viewport={"width": 390, "height": 844}, locale="de-DE")
        await browser.close()


async def test_ticks_wait_for_the_network_and_are_sent_once(
    page: Page, night_in: Callable[..., Awaitable[Any]]
) -> None:
    bench: Bench = (await night_in(plan_seconds=0.3)).bench
    willi = bench.client(subject=new_id(), roles=("dispatcher",))
    plan = (await willi.post("/api/winter/v1/plans", json={"priorities": [1]})).json()
    tour = next(one for one in plan["tours"] if one["steps"])
    first, second = [step["task"] for step in tour["steps"] if step["kind"] == "grit"][:2]
    front = Front(bench.client(subject=new_id(), roles=("driver",)))
    serving = asyncio.create_task(front.server.serve())
    await until(front.up, "the front to answer")
    await page.route("**/ticks", lambda route: route.abort("internetdisconnected"))
    await page.goto(f"{front.url}/winter/gritting/{plan['id']}/{tour['vehicle']}")

    for task in (first, second):
        await page.locator(f"form[data-tick]:has([value='{task}']) button").click()
    waiting = page.locator("[data-waiting]")
    await expect(waiting).to_contain_text("2 Häkchen warten auf das Netz")
    await page.reload()
    await expect(waiting).to_contain_text("2 Häkchen warten auf das Netz")
    assert front.sent == []

    await page.unroute("**/ticks")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(waiting).to_have_text("Alles ist gesendet.")
    assert len(front.sent) == 2
    ticked = (await willi.get(f"/api/winter/v1/plans/{plan['id']}")).json()["gritted"]
    assert ticked.keys() == {first, second}
    await page.reload()
    await expect(page.locator(f"form[data-tick]:has([value='{first}'])")).to_have_count(0)
    assert len(front.sent) == 2
    front.server.should_exit = True
    await serving
    begins = datetime.fromisoformat(plan["begins_at"])
    assert all(datetime.fromisoformat(at) - begins < timedelta(hours=1) for at in ticked.values())
