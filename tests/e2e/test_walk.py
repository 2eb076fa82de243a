# SPDX-License-Identifier: EUPL-1.2
"""What `helm test` does on a cluster, done on this machine: the permit journey by HTTP, without a browser."""

import asyncio
from pathlib import Path

import pytest

from mash_tools.deploy import verify
from mash_tools.platform import Platform
from mash_tools.problems import LauncherError

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


def logins(folder: Path, **changes: str) -> Path:
    demo = {"citizen-username": "anna", "clerk-username": "kurt"}
    demo |= {f"{who}-password": "demo" for who in ("citizen", "clerk")}
    for name, text in (demo | {key.replace("_", "-"): value for key, value in changes.items()}).items():
        (folder / name).write_text(text)
    return folder


async def test_the_permit_journey_is_walked(platform: Platform, tmp_path: Path) -> None:
    said: list[str] = []
    await asyncio.to_thread(verify.portal, platform.url, "heidelberg", said.append)
    assert said[-1] == "login leads to Keycloak"
    folder = logins(tmp_path)
    application = await asyncio.to_thread(verify.journey, platform.url, "heidelberg", folder, said.append)
    assert len(application) == 36
    assert said[-1].startswith("the permit is issued, a PDF of ")


async def test_a_wrong_password_is_said(platform: Platform, tmp_path: Path) -> None:
    folder = logins(tmp_path, citizen_password="wrong")
    with pytest.raises(LauncherError, match="The journey ends here: the login did not lead back"):
        await asyncio.to_thread(verify.journey, platform.url, "heidelberg", folder, lambda _: None)
