# SPDX-License-Identifier: EUPL-1.2
"""The cities a platform serves: all of a folder, or those named, shown as a folder of links."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from mash_sdk.tenants import read
from mash_tools.problems import LauncherError

SHARED = "_shared"
"""What cities' files build on."""


def chosen(
    source: Path, names: Sequence[str], links: Path, say: Callable[[str], None] = lambda _what: None
) -> Path:
    """The folder the services read; `say` is told of each city that cannot be used.

    Raises LauncherError for a city that is not there, or if none can be used.
    """
    found, left_out = read(source)
    source = source.absolute()
    known = sorted({*found, *left_out})
    if not known:
        raise LauncherError(f"{source} holds no city; start ./mash from its checkout or set MASH_CITIES.")
    if unknown := sorted(set(names) - set(known)):
        raise LauncherError(f"There is no city {', '.join(unknown)}; there are: {', '.join(known)}.")
    for name, reason in left_out.items():
        if not names or name in names:
            say(f"{name} is left out: {reason}; ./mash city check {name} says more")
    served = [name for name in names or known if name in found]
    if not served:
        raise LauncherError("No city can be served; ./mash city check says what to put right.")
    if not names and not left_out:
        return source
    fresh = links.with_name(f".{links.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in served:
        (fresh / name).symlink_to(source / name, target_is_directory=True)
    if (source / SHARED).is_dir():
        (fresh / SHARED).symlink_to(source / SHARED, target_is_directory=True)
    shutil.rmtree(links, ignore_errors=True)
    fresh.rename(links)
    return links
