# SPDX-License-Identifier: EUPL-1.2
"""Work begun at a rate that does not wait for what is slow: otherwise a pause would hide its own victims."""

import asyncio
from collections.abc import Awaitable, Callable


async def at_rate(rate: float, seconds: float, work: Callable[[], Awaitable[object]]) -> list[float]:
    """Begin `work` `rate` times a second, whatever the earlier ones take; end when all have ended.

    Returns how late each began, in seconds: when that grows, this process was the bottleneck.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    late: list[float] = []

    async def one() -> None:
        await work()

    async with asyncio.TaskGroup() as tasks:
        for n in range(round(rate * seconds)):
            due = start + n / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            late.append(max(0.0, loop.time() - due))
            tasks.create_task(one())
    return late
