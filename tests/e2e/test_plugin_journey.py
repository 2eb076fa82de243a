# SPDX-License-Identifier: EUPL-1.2
"""A module joins the running platform: not before it is approved, never with another's routes, and leaves."""

import asyncio
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from playwright.async_api import Page, expect

from mash_sdk.announcing import Announcer
from mash_sdk.clock import system_clock
from mash_sdk.kafka import KafkaBroker, Outgoing
from mash_sdk.testing.patience import until
from mash_tools.children import Child
from mash_tools.module.source import find
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "modules/lost-and-found"
NAME = "lost-and-found"
API = "/api/lost-and-found/v1/reports"
HTML = {"accept": "text/html"}
WITHIN = 5.0
"""Seconds from a module's start until its pages answer behind the gateway."""
LOOK = 3.5
"""The gateway looks at the approvals every three seconds."""

Start = Callable[..., Awaitable[Child]]
Person = Callable[..., Awaitable[Page]]


def mash(platform: Platform, command: str, module: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mash_tools", "module", command, module, "--data", platform.folder.path]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def version(folder: Path, number: str, **changes: str) -> Path:
    """A copy of the module in another version; `changes` are added to these files of its package."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "src/mash_lost_and_found"
    manifest = package / "module.toml"
    manifest.write_text(manifest.read_text().replace('version = "0.1.0"', f'version = "{number}"'))
    for name, text in changes.items():
        file = package / name
        file.write_text(file.read_text() + text)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def start(platform: Platform, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts modules, each a process of its own, and ends them after the test."""
    started: list[Child] = []

    async def go(folder: Path = FOLDER) -> Child:
        log = tmp_path / f"run-{len(started)}.log"
        words = [sys.executable, "-m", "mash_tools", "module", "run", folder, "--data", platform.folder.path]
        child = Child(f"module {len(started)}", words, log=log, cwd=ROOT)
        child.start()
        started.append(child)

        async def ready() -> bool:
            return "is ready" in log.read_text()

        await child.until(ready, 60)
        return child

    yield go
    await asyncio.gather(*(child.stop() for child in started))


@pytest_asyncio.fixture(loop_scope="session")
async def approved(platform: Platform) -> AsyncIterator[None]:
    done = mash(platform, "approve", NAME)
    assert done.returncode == 0, done.stderr
    await asyncio.sleep(LOOK)
    yield
    assert mash(platform, "revoke", NAME).returncode == 0
    await asyncio.sleep(LOOK)


@pytest_asyncio.fixture(loop_scope="session")
async def anna(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """Anna with a token, as a program of hers."""
    async with httpx.AsyncClient(base_url=f"{platform.url}/heidelberg", timeout=20) as client:
        client.headers["authorization"] = f"Bearer {await token(platform, 'heidelberg', 'anna')}"
        yield client


async def token(platform: Platform, realm: str, username: str) -> str:
    about = {"grant_type": "password", "client_id": "demo-api", "client_secret": "demo", "password": "demo"}
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.post(
            f"{platform.places.keycloak}/realms/{realm}/protocol/openid-connect/token",
            data={**about, "username": username},
        )
    return str(answer.raise_for_status().json()["access_token"])


async def operators_see(platform: Platform) -> str:
    """/ops/modules, as an operator sees it."""
    olga = {"authorization": f"Bearer {await token(platform, 'operators', 'olga')}"}
    async with httpx.AsyncClient(headers=olga | HTML, timeout=20) as client:
        return (await client.get(f"{platform.url}/ops/modules")).raise_for_status().text


def saying(platform: Platform, words: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return words in await operators_see(platform)

    return look


def answering(anna: httpx.AsyncClient, path: str, status: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await anna.get(path, headers=HTML)).status_code == status

    return look


def the_others(platform: Platform) -> dict[str, int | None]:
    names = [module.manifest.name for module in platform.modules]
    return {name: platform.pid(name) for name in (*names, "postgres", "kafka", "keycloak")}


def report(kind: str, **other: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "category": "bag",
        "description": "Blauer Rucksack",
        "place": "Hauptbahnhof",
        "day": "2026-01-02",
        "contact": "anna@heidelberg.example",
        **other,
    }


async def test_a_module_joins_works_and_leaves(
    platform: Platform, start: Start, anna: httpx.AsyncClient, approved: None
) -> None:
    before = the_others(platform)
    began = time.monotonic()
    running = await start()
    ready = time.monotonic() - began
    await until(answering(anna, "/lost-and-found", 200), "the page answers", WITHIN)
    await until(answering(anna, API, 200), "the API answers", WITHIN)
    took = time.monotonic() - began
    print(f"module ready after {ready:.1f} s, behind the gateway after {took:.1f} s")  # noqa: T201
    assert took - ready < WITHIN
    page = (await anna.get("/lost-and-found", headers=HTML)).text
    assert "<!doctype html>" in page.lower()
    assert "Fund melden" in page

    lost = (await anna.post(API, json=report("lost"))).raise_for_status().json()
    found = (await anna.post(API, json=report("found"))).raise_for_status().json()

    async def match() -> Any:
        return (await anna.get(f"{API}/{lost['id']}")).json()["matches"]

    (pair, *_) = await until(match, f"{found['id']} is matched")
    times = (await anna.get("/api/lost-and-found/v1/appointments")).json()
    agreed = await anna.post(
        f"/api/lost-and-found/v1/matches/{pair['id']}/collection", json={"at": times[-1]}
    )
    assert agreed.raise_for_status().json()["collect_at"] == times[-1]

    await running.stop()
    await until(answering(anna, "/lost-and-found", 503), "the notice", WITHIN)
    notice = await anna.get("/lost-and-found", headers=HTML)
    assert "„Fundbüro“ ist vorübergehend nicht erreichbar" in notice.text
    assert "<!doctype html>" in notice.text.lower()
    assert (await anna.get(API)).json()["type"].endswith("module-gone")
    assert (await anna.get("/services", headers=HTML)).status_code == 200
    assert the_others(platform) == before, "something else was restarted"


@pytest.mark.browser
async def test_a_person_finds_it_and_is_logged_in_once(
    platform: Platform, start: Start, person: Person, approved: None
) -> None:
    await start()
    page = await person(width=390, height=844)
    card = page.get_by_role("link", name="Fundbüro")

    async def shown() -> bool:
        await page.goto(f"{platform.url}/heidelberg/")
        return await card.count() > 0

    await until(shown, "the card on the start page")
    await card.click()
    await page.get_by_role("link", name="Verlust melden").click()
    await page.fill("#username", "anna")
    await page.fill("#password", "demo")
    await page.click("#kc-login")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Verlust melden")
    await page.get_by_role("button", name="Verlust melden").click()
    await expect(page.get_by_role("alert")).to_contain_text("Beschreibung")
    await page.get_by_label("Was ist es?").select_option(label="Schlüssel")
    await page.get_by_label("Beschreibung").fill("Roter Schlüsselbund")
    await page.get_by_label("Ort").fill("Marktplatz")
    await page.get_by_label("Tag").fill("2026-01-02")
    await page.get_by_role("button", name="Verlust melden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Verlust: Schlüssel")
    await page.goto(f"{platform.url}/heidelberg/account")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("Anmelden"))


async def test_a_newer_version_answers_beside_the_old_one(
    platform: Platform, start: Start, anna: httpx.AsyncClient, approved: None, tmp_path: Path
) -> None:
    newer = version(tmp_path / NAME, "0.2.0")
    words = newer / "src/mash_lost_and_found/pages/start.html"
    words.write_text(words.read_text().replace("So geht es", "So geht es jetzt"))
    old = await start()
    await until(answering(anna, "/lost-and-found", 200), "the old one answers")
    await start(newer)

    async def texts() -> set[bool]:
        pages = [await anna.get("/lost-and-found", headers=HTML) for _ in range(4)]
        assert {page.status_code for page in pages} == {200}
        return {"So geht es jetzt" in page.text for page in pages}

    async def both() -> bool:
        return await texts() == {True, False}

    async def only_the_new() -> bool:
        return await texts() == {True}

    await until(both, "both answer", WITHIN)
    assert "0.2.0" in await operators_see(platform)
    stopping = asyncio.create_task(old.stop())
    await until(only_the_new, "the old one is gone")
    await stopping


async def test_what_nobody_approved_gets_nothing(
    platform: Platform, start: Start, anna: httpx.AsyncClient
) -> None:
    await start()
    await until(saying(platform, "no module of this name is approved"), "operators see why")
    assert (await anna.get("/lost-and-found", headers=HTML)).status_code == 404
    assert (await anna.get(API)).status_code == 404


async def test_anothers_route_is_not_given(
    platform: Platform, start: Start, anna: httpx.AsyncClient, approved: None, tmp_path: Path
) -> None:
    stolen = '\n[[routes]]\npath = "/pay/quickly"\nkind = "page"\n'
    manifest = (FOLDER / "src/mash_lost_and_found/module.toml").read_text()
    thief = version(tmp_path / NAME, "0.3.0")
    where = find(str(thief)).manifest
    where.write_text(manifest.replace("\n[retention]", f"{stolen}\n[retention]"))
    refused = mash(platform, "approve", thief)
    assert (refused.returncode, "/pay belongs to payments" in refused.stderr) == (2, True)
    await start(thief)
    await until(saying(platform, "route /pay/quickly is not approved"), "operators see why")
    assert (await anna.get("/lost-and-found", headers=HTML)).status_code in (404, 503)
    assert "Rucksack" not in (await anna.get("/pay/quickly", headers=HTML)).text


async def test_a_forged_announcement_is_not_believed(
    platform: Platform, anna: httpx.AsyncClient, approved: None
) -> None:
    broker = KafkaBroker(platform.places.kafka, "forger")

    async def send(topic: str, key: bytes, value: bytes | None) -> None:
        await broker.send([Outgoing(topic, key, value)])

    manifest = find(str(FOLDER)).module().manifest
    key = ECKey.generate_key("P-256")
    try:
        await Announcer(manifest, "http://127.0.0.1:9", key, send, system_clock).announce()
    finally:
        await broker.close()
    await until(saying(platform, "the signature does not hold"), "operators see why")
    assert (await anna.get("/lost-and-found", headers=HTML)).status_code in (404, 503)
