# SPDX-License-Identifier: EUPL-1.2
"""Codecs of cities are tried with their examples; what devices say of codecs and limits is checked."""

import shutil
from pathlib import Path

import pytest

from mash_tools.cities.checker import check

CITIES = Path(__file__).parents[2] / "cities"
CODEC = "codecs/milesight-em400-udl.toml"


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    """A copy of our cities to be spoilt."""
    return shutil.copytree(CITIES, tmp_path / "cities")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"the test's own premise: {old!r} is in {file}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(file: Path, text: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize("folder", ["_shared", "heidelberg"])
@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("temperature = 25.7", "temperature = 25.8", "[[examples]]", "the codec reads {'battery': 92.0"),
        ("01755C", "99755C", "[[examples]]", "unbekannte Kennung: 9975"),
        ('tag = "0175"', 'tag = "0175"\nloop = 3', "loop = 3", "is not known here"),
        ("source =", "demo = false #", "# SPDX", "a document's title"),
        ('tag = "0175"', 'tag = "0175', 'tag = "0175', "cannot be read"),
    ],
)
def test_a_codec_is_tried_with_its_examples(
    cities: Path, folder: str, old: str, new: str, at: str, says: str
) -> None:
    file = cities / folder / CODEC
    file.parent.mkdir(exist_ok=True)
    if folder != "_shared":
        shutil.copy(cities / "_shared" / CODEC, file)
        assert check(cities, ["heidelberg"]) == []
    change(file, old, new)
    (fault,) = check(cities, ["heidelberg"])
    assert (fault.file, fault.line) == (file, line_of(file, at))
    assert says in fault.what


def test_a_city_that_is_no_demo_has_no_codec_that_is_made_up(cities: Path) -> None:
    folder = cities / "heilbronn" / "codecs"
    folder.mkdir()
    shutil.copy(cities / "_shared" / "codecs" / "demo-road.toml", folder)
    assert check(cities, ["heilbronn"]) == []
    change(cities / "heilbronn" / "city.toml", "demo = true", "demo = false")
    found = [fault for fault in check(cities, ["heilbronn"]) if fault.file.parent == folder]
    assert [fault.what.partition(",")[0] for fault in found] == ["a demo codec"]


def test_a_device_names_a_codec_there_is(cities: Path) -> None:
    file = cities / "heidelberg" / "sensors.toml"
    change(file, "demo = true", 'demo = true\ncodec = "unheard-of"')
    (fault,) = check(cities, ["heidelberg"])
    assert (fault.file, fault.line) == (file, line_of(file, "codec ="))
    assert fault.what.startswith("there is no codec 'unheard-of'; choose one of ['cayenne-lpp'")
    change(file, "unheard-of", "cayenne-lpp")
    assert check(cities, ["heidelberg"]) == []


def test_limits_stand_in_their_order(cities: Path) -> None:
    file = cities / "heidelberg" / "sensors.toml"
    change(file, 'valid_for = "PT15M"', 'valid_for = "PT15M"\nlowest = -40.0\nhighest = 85.0')
    assert check(cities, ["heidelberg"]) == []
    change(file, "highest = 85.0", "highest = -85.0")
    (fault,) = check(cities, ["heidelberg"])
    assert (fault.file, fault.line) == (file, line_of(file, "[[devices]]"))
    assert "lowest lies above highest" in fault.what
