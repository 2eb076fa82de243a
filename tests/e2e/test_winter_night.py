# SPDX-License-Identifier: EUPL-1.2
"""A small winter night on a platform of its own: from a warm evening to treated streets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


def test_a_night_ends_with_treated_streets(tmp_path: Path) -> None:
    told = tmp_path / "ended.json"
    words = [sys.executable, "-m", "mash_tools", "sim", "winter-night-short", "--port", "0", "--json", told]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=290)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    ended = json.loads(told.read_text(encoding="utf-8"))
    assert (ended["treated"], ended["left"], ended["refused"]) == (True, 0, 0)
    assert ended["gritted"] == 28, "every street of the town"
    assert ended["plans"] >= 1
    assert ended["frozen_and_warned"] >= 12, done.stdout[-4000:]
    assert ended["warned_unfrozen"] == 0
    assert ended["letters"] >= 1, "who subscribed to a street was told"
    assert ended["silent"], "the sensor that died"
    assert len(ended["warning_seconds"]) >= ended["frozen_and_warned"]
