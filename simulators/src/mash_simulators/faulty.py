# SPDX-License-Identifier: EUPL-1.2
"""Answers gone wrong in ways that any HTTP service has: late, or done and then cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.responses import Response

from mash_simulators.faults import Fault


async def faulty(fault: Fault | None, act: Callable[[], Awaitable[Response]]) -> Response:
    """Act, and answer as the fault demands."""
    match fault.kind if fault else "":
        case "hang_up":
            await act()
            return BrokenOff()
        case "late":
            answer = await act()
            await asyncio.sleep(fault.seconds if fault else 0.0)
            return answer
        case _:
            return await act()


class BrokenOff(Response):
    """Announces a body and sends none: the server drops the connection and the caller never learns more."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        raise ConnectionAbortedError("told to hang up")
