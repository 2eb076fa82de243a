# SPDX-License-Identifier: EUPL-1.2
"""The static checks, as tests: style, types, spelling and the arrows between layers."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CODE = ["sdk", "tools", "simulators", "services", "modules", "tests", "mash"]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", *CODE],
        ["ruff", "format", "--check", *CODE],
        [
            "codespell",
            "sdk",
            "tools",
            "simulators",
            "services",
            "modules",
            "proto/mash",
            "docs",
            "README.md",
            "ARCHITECTURE.md",
        ],
        ["lint-imports"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_static(command: list[str]) -> None:
    run = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("part", ["sdk", "tools", "simulators", "services/forms", "services/notify",
                                  "services/payments", "services/portal-gw", "services/sensors",
                                  "modules/lost-and-found", "modules/waste", "modules/winter"])  # fmt: skip
def test_types(part: str) -> None:
    places = [f"{part}/src"]
    if part.startswith(("services/", "modules/")):
        places.append(f"{part}/load.py")
    run = subprocess.run([BIN / "mypy", *places], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
