# SPDX-License-Identifier: EUPL-1.2
"""A module's certificate from the first check to the load, on real parts; and the goals that are missed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SLOW = ["rules", "contract", "tenancy", "upgrade", "chart", "image"]


def certify(*arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "mash_tools", "module", "certify", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


def test_lost_and_found_is_certified() -> None:
    code, told = certify("lost-and-found")
    assert [one for one in told["checks"] if one["outcome"] == "failed"] == []
    assert (code, told["certified"]) == (0, True)


def test_goals_that_nobody_could_meet_are_missed(tmp_path: Path) -> None:
    folder = tmp_path / "lost-and-found"
    shutil.copytree(ROOT / "modules/lost-and-found", folder, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = folder / "src/mash_lost_and_found/module.toml"
    text = manifest.read_text(encoding="utf-8")
    goals = (
        '[goals]\nusers = 3\nseconds = 5\n\n[[goals.steps]]\nstep = "GET /lost-and-found"\np95_ms = 0.01\n'
    )
    manifest.write_text(text[: text.index("[goals]")] + goals, encoding="utf-8")
    code, told = certify(str(folder), *(f"--without={name}" for name in SLOW))
    assert (code, told["certified"]) == (1, False)
    [load] = [one for one in told["checks"] if one["name"] == "load"]
    assert load["outcome"] == "failed"
    assert any("GET /lost-and-found" in finding["reason"] for finding in load["findings"]), load
