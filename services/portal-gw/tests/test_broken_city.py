# SPDX-License-Identifier: EUPL-1.2
"""One city's portal.toml is broken: it says so, in its place, and every other city goes on."""

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

BROKEN = {
    "no TOML": (b"[colours\n", "Expected"),
    "no UTF-8": (b'claim = { value = "\xff" }\n', "is not UTF-8"),
    "another type": (b"colours = 5\n", "colours: Input should be"),
    "no colour": (b'[colours]\nprimary = "red"\n', "colours.primary: String should match"),
    "unknown key": (b"colour = 1\n", "colour: Extra inputs"),
    "a folder": (None, "cannot be read (Is a directory)"),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_city_stands_alone(
    front_of: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    content, reason = BROKEN[how]
    shutil.copytree(Path("cities"), tmp_path / "cities")
    file = tmp_path / "cities" / "heidelberg" / "portal.toml"
    file.unlink()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        front = await front_of(cities=tmp_path / "cities")
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert str(file) in told[0]
    assert reason in told[0]
    async with front.browser() as browser:
        broken = await browser.get("/heidelberg/")
        colours = await browser.get("/heidelberg/assets/city.css")
        other = await browser.get("/mannheim/")
        await front.login(browser, "/ops/", roles=("operator",))
        overview = await browser.get("/ops/")
    assert (broken.status_code, colours.status_code, other.status_code) == (200, 200, 200)
    assert "Einige Angaben fehlen gerade" in broken.text
    assert str(file) not in broken.text
    assert "Einige Angaben fehlen" not in other.text
    assert "Lebenslagen</h2>" in other.text
    assert "unbrauchbarer portal.toml" in overview.text
    assert reason in overview.text


async def test_a_city_without_the_file_is_not_broken(front_of: Any, tmp_path: Path) -> None:
    shutil.copytree(Path("cities"), tmp_path / "cities")
    (tmp_path / "cities" / "heidelberg" / "portal.toml").unlink()
    front = await front_of(cities=tmp_path / "cities")
    async with front.browser() as browser:
        page = await browser.get("/heidelberg/")
    assert (page.status_code, "Einige Angaben fehlen" in page.text) == (200, False)
