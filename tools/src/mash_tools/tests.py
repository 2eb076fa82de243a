# SPDX-License-Identifier: EUPL-1.2
"""`./mash test`: all tests, static checks among them; arguments go to pytest."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mash_tools import npm
from mash_tools.problems import LauncherError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(arguments: list[str]) -> int:
    """pytest's exit code; 2 if what the tests need cannot be installed."""
    root = Path.cwd()
    try:
        asyncio.run(npm.install(root, print, dev=True))
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    left_out = without_browser(insist=os.environ.get("CI") == "true")
    if left_out:
        print("No Chromium on this machine: tests in a browser are left out (CI=true insists on them).")
    command = [sys.executable, "-m", "pytest", *left_out, *(arguments or places(root))]
    return subprocess.run(command, env=npm.environment(), check=False).returncode


def without_browser(*, insist: bool) -> list[str]:
    """The options that leave browser tests out where there is no browser, unless they must run."""
    if insist or any(map(shutil.which, _BROWSERS)):
        return []
    return ["-m", "not browser"]


def places(root: Path) -> list[str]:
    """Every folder of tests there is."""
    patterns = (
        "sdk/tests",
        "tools/tests",
        "simulators/tests",
        "services/*/tests",
        "modules/*/tests",
        "tests",
    )
    return [str(folder.relative_to(root)) for pattern in patterns for folder in sorted(root.glob(pattern))]
