# SPDX-License-Identifier: EUPL-1.2
"""The cities a platform serves: all of a folder, or those named, shown as a folder of links."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from mash_tools.problems import LauncherError


def chosen(source: Path, names: Sequence[str], links: Path) -> Path:
    """The folder the services read. Raises LauncherError for a city that is not there."""
    source = source.absolute()
    known = sorted(file.parent.name for file in source.glob("*/city.toml"))
    if not known:
        raise LauncherError(f"{source} holds no city; start ./mash from its checkout or set MASH_CITIES.")
    if not names:
        return source
    if unknown := sorted(set(names) - set(known)):
        raise LauncherError(f"There is no city {', '.join(unknown)}; there are: {', '.join(known)}.")
    fresh = links.with_name(f".{links.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in names:
        (fresh / name).symlink_to(source / name, target_is_directory=True)
    shutil.rmtree(links, ignore_errors=True)
    fresh.rename(links)
    return links
