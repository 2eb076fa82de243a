# SPDX-License-Identifier: EUPL-1.2
"""The operator's approvals, from a file that is looked at again and again."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from mash_portal_gw.service.approvals import Approval, ApprovalsError, parse
from mash_portal_gw.service.routes import RouteTable
from mash_sdk.running import Running

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 3.0
"""How often the file is looked at for changes."""


def read(file: Path) -> Mapping[str, Approval]:
    """The approved modules by name. Raises ApprovalsError."""
    try:
        found = parse(file.read_bytes(), str(file))
    except OSError as err:
        raise ApprovalsError(f"{file}: {err.strerror}") from err
    for one in found.values():
        if one.refused:
            log.error("%s: %s: %s", file, one.name, one.refused)
    return found


def watch_approvals(file: Path, own: Approval, routes: RouteTable) -> Callable[[Running], Awaitable[None]]:
    """Background work: takes over the approvals file whenever it changes."""

    async def approvals(running: Running) -> None:
        known = _stamp(file)
        while not await running.pause(LOOK_SECONDS):
            stamp = _stamp(file)
            if stamp == known:
                continue
            known = stamp
            try:
                routes.approve({**read(file), own.name: own})
                log.info("the approvals were read anew")
            except ApprovalsError as err:
                log.error("the approvals stay as they were: %s", err)  # noqa: TRY400 — its text says all

    return approvals


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
