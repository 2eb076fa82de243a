# SPDX-License-Identifier: EUPL-1.2
"""Waiting for what will be true: for journeys through many processes, where nothing says when it is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(what: Callable[[], Awaitable[T]], why: str, within: float = 60.0) -> T:
    """The first truthy answer of `what`; after `within` seconds an AssertionError that says `why`."""
    deadline = time.monotonic() + within
    while True:
        found = await what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{why}: still {found!r} after {within:.0f} s")
        await asyncio.sleep(0.1)
