# SPDX-License-Identifier: EUPL-1.2
"""`./mash bench winter-ice`: generated nights are the same again, and the figures say they are generated."""

from pathlib import Path

import pytest

from mash_tools.bench.commands import main
from mash_tools.bench.ice import Score
from mash_tools.bench.nights import STEPS, night

CITIES = Path(__file__).parents[2] / "cities"


def test_a_night_is_the_same_again() -> None:
    assert night(7) == night(7)
    assert night(7) != night(8)
    roads = [road for seed in range(20) for road in night(seed)]
    assert all(len(road.icy) == STEPS for road in roads)
    assert any(any(road.icy) for road in roads)
    assert any(not any(road.icy) for road in roads)
    assert any(None in road.said["surface"] for road in roads)


def test_a_score_counts_what_was_right_wrong_and_missed() -> None:
    score = Score()
    for warned, icy in ((True, True), (True, True), (True, False), (False, True), (False, False)):
        score.note(warned, icy)
    assert (score.right, score.wrong, score.missed) == (2, 1, 1)
    assert score.precision == score.recall == pytest.approx(200 / 3)


def test_it_says_that_its_nights_are_generated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["winter-ice", "--nights", "3", "--cities", str(CITIES)]) == 0
    shown = capsys.readouterr().out
    assert "GENERATED" in shown
    for row in ("surface < 0 °C (textbook): precision", "warning: precision", "warning: recall", "unknown"):
        assert row in shown


def test_without_thresholds_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["winter-ice", "--cities", str(tmp_path)]) == 2
    assert "ice.toml cannot be read" in capsys.readouterr().err
