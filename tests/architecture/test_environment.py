# SPDX-License-Identifier: EUPL-1.2
"""What a fresh clone installs is enough: commands that are no developer's run without what tests need."""

import re
import runpy
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from mash_tools.__main__ import COMMANDS

ROOT = Path(__file__).parents[2]
LAUNCHER = runpy.run_path(str(ROOT / "mash"))
USERS = sorted(set(COMMANDS) - {*LAUNCHER["DEVELOPERS"], *LAUNCHER["WITHOUT_ENVIRONMENT"]})
RUN = """
import importlib, pkgutil, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import mash_tools.platform
for found in pkgutil.iter_modules(mash_tools.platform.__path__, "mash_tools.platform."):
    importlib.import_module(found.name)
from mash_tools.__main__ import main
for command in COMMANDS:
    try:
        main([command, "--help"])
    except SystemExit as end:
        assert not end.code, command
"""


def _locked(name: str) -> set[str]:
    lock = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}


def _only_for_tests() -> set[str]:
    """Packages, by the names they are imported by."""
    only = _locked("dev") - _locked("run")
    return {
        package
        for package, owners in packages_distributions().items()
        if all(canonicalize_name(owner) in only for owner in owners)
    }


def test_commands_need_only_what_their_users_install() -> None:
    absent = _only_for_tests()
    assert "pytest" in absent
    program = f"ABSENT, COMMANDS = {absent!r}, {USERS!r}\n{RUN}"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage") >= len(USERS)
