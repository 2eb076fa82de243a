# SPDX-License-Identifier: EUPL-1.2
"""What `./mash city check` says of files that a module reads of a city."""

from pathlib import Path

import pytest

from mash_tools.cities.checker import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A module's folder; the city around it has nothing else, of which faults are told too."""
    folder = tmp_path / "heilbronn" / "modules" / "bikes"
    folder.mkdir(parents=True)
    (tmp_path / "heilbronn" / "city.toml").touch()
    return folder


def told_of(folder: Path) -> str:
    return "\n".join(str(fault) for fault in check(folder.parents[2], ["heilbronn"]) if "bikes" in str(fault))


def test_files_that_say_where_they_are_from_are_in_order(folder: Path) -> None:
    (folder / "stands.toml").write_text('demo = true\nstands = ["Neckar"]\n')
    (folder / "map.geojson").write_text('{"source": "https://example.org/map", "features": []}')
    assert told_of(folder) == ""


def test_what_cannot_be_read_and_what_has_no_origin_is_told(folder: Path) -> None:
    (folder / "map.geojson").write_text('{"features": []}')
    (folder / "stands.toml").write_text("demo = true\nstands = [\n")
    (folder / "notes.txt").write_text("")
    (folder / "deeper").mkdir()
    told = told_of(folder)
    assert "map.geojson:1: the file: a fact without origin" in told
    assert "stands.toml:" in told
    assert "cannot be read" in told
    assert "notes.txt:1: is no file of a city's folder" in told
    assert "deeper:1: is no file of a city's folder" in told
