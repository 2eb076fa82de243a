# SPDX-License-Identifier: EUPL-1.2
"""What a provider says unasked (webhooks): signed, kept to be looked at, sent to this machine only."""

from __future__ import annotations

import asyncio
import ipaddress
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from mash_simulators.faults import Faults


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it leaves: `url` without a host is only kept."""

    method: str
    url: str
    query: str
    headers: dict[str, str]
    body: str


class Outbox:
    """Sends messages, or fails to, as ordered; `sent` holds what left, in its order."""

    def __init__(self, faults: Faults, forge: Callable[[Message], Message]) -> None:
        self._faults = faults
        self._forge = forge
        self._held: list[Message] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: list[Message] = []

    def say(self, message: Message) -> None:
        """Send it without making the caller wait."""
        fault = self._faults.take("message")
        kind = fault.kind if fault else ""
        if kind == "lose":
            return
        if kind == "hold":
            self._held.append(message)
            return
        leaving = [self._forge(message) if kind == "forge" else message]
        leaving += leaving if kind == "twice" else []
        leaving, self._held = leaving + self._held, []
        late = fault.seconds if fault and kind == "late" else 0.0
        if not late:
            self.sent += leaving
        task = asyncio.create_task(self._send(leaving, late))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def shown(self) -> list[dict[str, Any]]:
        """What was sent."""
        return [asdict(message) for message in self.sent]

    async def _send(self, messages: list[Message], seconds: float) -> None:
        if seconds:
            await asyncio.sleep(seconds)
            self.sent += messages
        for message in messages:
            if on_this_machine(message.url):
                await asyncio.to_thread(send, message)


def on_this_machine(url: str) -> bool:
    """Whether an address is loopback: a simulator calls nobody else."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def send(message: Message) -> None:
    """One request. Nothing depends on the answer: whoever missed it asks."""
    url = message.url + (f"?{message.query}" if message.query else "")
    body = message.body.encode() if message.method == "POST" else None
    request = urllib.request.Request(url, body, message.headers, method=message.method)  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  (this machine, see above)
    except OSError:
        return
