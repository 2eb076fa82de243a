# SPDX-License-Identifier: EUPL-1.2
"""What the check tells editors of forms is in their words, and hides nothing behind something else."""

import shutil
from pathlib import Path

import pytest

from mash_tools.cities.checker import check

CITIES = Path(__file__).parents[2] / "cities"


def told(tmp_path: Path, old: str, new: str) -> list[str]:
    """What is said of a Bewohnerparkausweis with one change."""
    cities = shutil.copytree(CITIES, tmp_path / "cities")
    form = cities / "_shared" / "forms" / "urkundenbestellung.yaml"
    text = form.read_text(encoding="utf-8")
    assert old in text
    form.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [fault.what for fault in check(cities, ["heidelberg"])]


def test_what_a_part_requires_already_hides_no_other_fault(tmp_path: Path) -> None:
    found = told(tmp_path, "  required: [", "  required: [given_name, ")
    assert any("given_name is required already" in what for what in found)


@pytest.mark.parametrize("old", ["copies: {type: integer, minimum: 1"])
def test_bounds_are_told(tmp_path: Path, old: str) -> None:
    found = told(tmp_path, old, "copies: {type: integer, minimum: 11")
    assert any("minimum is 11 and maximum is 10" in what for what in found)
