# SPDX-License-Identifier: EUPL-1.2
"""Where the running platform has its parts, noted in its data folder for modules that join it."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import psutil

from mash_tools.platform.environment import Places
from mash_tools.platform.folder import DataFolder
from mash_tools.problems import LauncherError

FILE = "running.json"


def note(folder: DataFolder, places: Places) -> None:
    """Readable by the owner alone: it holds the database administrator's DSN."""
    told = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(places).items()}
    folder.write(FILE, {"process": os.getpid(), "places": told})


def forget(folder: DataFolder) -> None:
    (folder.path / FILE).unlink(missing_ok=True)


def find(folder: DataFolder) -> Places:
    """Raises LauncherError unless a platform runs on this folder and its parts answer."""
    try:
        found = json.loads((folder.path / FILE).read_text(encoding="utf-8"))
        places, process = found["places"], int(found["process"])
    except (OSError, ValueError, KeyError, TypeError):
        places, process = None, 0
    if places is None or not psutil.pid_exists(process):
        raise LauncherError(
            f"No platform runs on {folder.path}; start ./mash up, or name its folder with --data."
        )
    doors = {name: (int(http), int(grpc)) for name, (http, grpc) in places["doors"].items()}
    kern = Path(places["kern"]) if places["kern"] else None
    return Places(**{**places, "doors": doors, "cities": Path(places["cities"]), "kern": kern})
