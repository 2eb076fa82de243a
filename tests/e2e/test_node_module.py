# SPDX-License-Identifier: EUPL-1.2
"""A module that is not Python joins, reads events, and is told from one that misbehaves, by its behaviour."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mash_sdk.testing.patience import until
from mash_tools.children import Child
from mash_tools.platform import Platform, noted
from mash_tools.realms.people import people_of

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/examples/thing-counter"
THINGS = "/api/sensors/sta/v1.1/Things"
BREAKS = {
    "anybody's count": ("main.mjs", "await identity.need(request, city, 'citizen')", ""),
    "any audience": ("identity.mjs", "audience: this.settings.name, ", ""),
    "any city": (
        "identity.mjs",
        "`${this.settings.keycloak}/realms/${city}`",
        "decodeJwt(said.split(' ')[1]).iss",
    ),
    "a shell of its own": ("main.mjs", '<main id="inhalt">', '<html><main id="inhalt">'),
}

SAID = {
    "anybody's count": "GET /api/thing-counter/v1/count answers 200 to nobody",
    "any audience": "GET /api/thing-counter/v1/count answers 200 to another service's token",
    "any city": "GET /api/thing-counter/v1/count answers 200 to another city's token",
    "a shell of its own": "GET /thing-counter is no <main>",
}

Start = Callable[[Path], Awaitable[str]]


def mash(platform: Platform, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mash_tools", "module", *words, "--data", platform.folder.path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """What npm brings is put beside the copy, not into the tree."""
    folder = tmp_path / "thing-counter"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def start(platform: Platform, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts it as `./mash module run` does; returns where it listens."""
    running: list[Child] = []

    async def go(folder: Path) -> str:
        for child in running:
            await child.stop()
        running.clear()
        log = tmp_path / "run.log"
        log.unlink(missing_ok=True)
        words = [sys.executable, "-m", "mash_tools", "module", "run", folder, "--data", platform.folder.path]
        child = Child("thing-counter", words, log=log, cwd=ROOT)
        child.start()
        running.append(child)

        async def ready() -> bool:
            return "is ready" in log.read_text()

        await child.until(ready, 120)
        own = platform.folder.log("thing-counter-0.1.0").read_text()
        return f"http://{re.findall(r'listens at ([0-9.:]+)', own)[-1]}"

    yield go
    for child in running:
        await child.stop()


async def test_a_module_in_another_language_joins_and_misbehaviour_is_seen(
    platform: Platform, start: Start, copied: Path
) -> None:
    assert mash(platform, "approve", copied).returncode == 0
    url = await start(copied)
    done = mash(platform, "check", "--url", url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "thing-counter 0.1.0 behaves as a module has to." in done.stdout
    await _counts(platform, url)
    for kind, (name, old, new) in BREAKS.items():
        file = copied / name
        text = file.read_text(encoding="utf-8")
        assert old in text, kind
        file.write_text(text.replace(old, new), encoding="utf-8")
        done = mash(platform, "certify", "--json", "--url", await start(copied))
        told = json.loads(done.stdout)
        found = " ".join(f["reason"] for check in told["checks"] for f in check["findings"])
        assert (done.returncode, told["certified"]) == (1, False), kind
        assert SAID[kind] in found, (kind, found)
        file.write_text(text, encoding="utf-8")
    assert mash(platform, "revoke", "thing-counter").returncode == 0


async def _counts(platform: Platform, url: str) -> None:
    """A thing that an editor registers at sensors is counted, in its city alone, and shown in the portal."""

    async def shown(city: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{url}/thing-counter", headers={"mash-tenant": city})).text

    before, elsewhere = await shown("heidelberg"), await shown("mannheim")
    token = await _token(platform, "heidelberg", "editor")
    body = {"name": "Papierkorb 17", "description": "Am Neckarufer"}
    async with httpx.AsyncClient(trust_env=False, headers={"authorization": f"Bearer {token}"}) as http:
        answer = await http.post(f"{platform.url}/heidelberg{THINGS}", json=body)
        assert answer.status_code == 201, answer.text

    async def counted() -> bool:
        return await shown("heidelberg") != before

    await until(counted, "the thing is not counted", 30)
    assert await shown("mannheim") == elsewhere

    async def in_the_portal() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            page = await http.get(f"{platform.url}/heidelberg/thing-counter", headers={"accept": "text/html"})
            return page.status_code == 200 and "Gerätezähler" in page.text and "<html" in page.text

    await until(in_the_portal, "the page is not in the portal", 30)


async def _token(platform: Platform, city: str, role: str) -> str:
    person: Any = next(one for one in people_of(ROOT / "cities" / city) if role in one.roles)
    form = {
        "client_id": "demo-api", "client_secret": "demo", "grant_type": "password",
        "username": person.username, "password": person.password,
    }  # fmt: skip
    realm = f"{noted.find(platform.folder).keycloak}/realms/{city}"
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{realm}/protocol/openid-connect/token", data=form)
    return str(answer.json()["access_token"])
