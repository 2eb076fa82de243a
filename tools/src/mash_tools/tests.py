# SPDX-License-Identifier: EUPL-1.2
"""`./mash test`: all tests, static checks among them; `--cluster`: on Kubernetes. More goes to pytest."""

import argparse
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
    if not {"-h", "--help"}.isdisjoint(arguments) and "--cluster" not in arguments:
        _help()
        return 0
    try:
        if "--cluster" in arguments:
            from mash_tools.cluster.testing import main as on_a_cluster

            return on_a_cluster([one for one in arguments if one != "--cluster"])
        asyncio.run(npm.install(root, print, dev=True))
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    left_out = without_browser(insist=os.environ.get("CI") == "true")
    if left_out:
        print("No Chromium on this machine: tests in a browser are left out (CI=true insists on them).")
    command = [sys.executable, "-m", "pytest", *left_out, *(arguments or places(root))]
    return subprocess.run(command, env=npm.environment(), check=False).returncode


def _help() -> None:
    parser = argparse.ArgumentParser(
        prog="./mash test",
        usage="./mash test [FOLDER | FILE …] [any option of pytest]\n       ./mash test --cluster [options]",
        description="All tests, or those that are named. With CI=true a browser has to be there.",
        epilog="Options of pytest: .mash/env/bin/pytest --help",
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="build the images, install the chart on a Kubernetes node made here (root, Debian 12, "
        "Go) or on another cluster, walk a permit there, add a module, break an upgrade, uninstall; "
        "./mash test --cluster --help",
    )
    parser.print_help()


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
