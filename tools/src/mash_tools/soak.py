# SPDX-License-Identifier: EUPL-1.2
"""`./mash soak`: the tests by chance, as often as a night allows instead of as CI can wait."""

import argparse
import subprocess
import sys

from mash_tools import npm

KILLS = "tests/e2e/test_kill.py::test_a_random_process_killed_at_a_random_moment_loses_and_doubles_nothing"

FORMS = "tests/e2e/test_nine_forms.py"
"""Every form of every city in a browser; without one it is left out."""


def main(arguments: list[str]) -> int:
    """pytest's exit code."""
    parser = argparse.ArgumentParser(prog="mash soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="how often a random process is killed")
    parser.add_argument("--seed", type=int, default=0, help="repeats a run; a failure names its seed")
    given = parser.parse_args(arguments)
    told = {"MASH_KILLS": str(given.kills), "MASH_KILLS_SEED": str(given.seed), "MASH_ALL_FORMS": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-s", FORMS, KILLS]
    return subprocess.run(command, env={**npm.environment(), **told}, check=False).returncode
