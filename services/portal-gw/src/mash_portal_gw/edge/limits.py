# SPDX-License-Identifier: EUPL-1.2
"""How many requests a client and a tenant may make: token buckets, in memory of a fixed size."""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

LONGEST_DEBT: Final = 60.0
"""Seconds that somebody waits at most for what others let them take too much."""
WORTH: Final = 20
"""Others are told of what is at least this part of what may be had at once."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second on average, and so many at once."""

    per_second: float
    burst: int


@dataclass(slots=True)
class Verdict:
    """Whether a request may pass, and what the client may be told (seconds are whole, rounded up)."""

    allowed: bool
    remaining: int
    seconds: int
    """Until the bucket is full again, or, if refused, until the next request passes."""


class Buckets:
    """A token bucket per key. The keys not seen for longest give way to new ones.

    Several gateways share a limit by telling each other what they let pass (`passed`, `debit`). Each goes on
    at once with what it knows, so a client who asks all of them may for a moment take as much from each; that
    is a debt then, and on average nobody gets more than the limit.
    """

    def __init__(self, rate: Rate, now: Callable[[], float], size: int = 50_000) -> None:
        self.rate = rate
        self._now = now
        self._size = size
        self._entries: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._unsaid: dict[str, int] = {}
        self._refilled = now() + rate.burst / rate.per_second
        """By then nothing is owed of what was unsaid before."""

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, key: str) -> Verdict:
        now = self._now()
        rate = self.rate
        tokens, at = self._entries.get(key, (float(rate.burst), now))
        tokens = min(float(rate.burst), tokens + (now - at) * rate.per_second)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
        self._keep(key, tokens, now)
        missing = rate.burst - tokens if allowed else 1 - tokens
        return Verdict(allowed, max(0, int(tokens)), max(1, -int(-missing // rate.per_second)))

    def passed(self, most: int) -> dict[str, int]:
        """What others should know: how often each key passed, the `most` greatest. It is said only once."""
        worth = max(1, self.rate.burst // WORTH)
        said = {key: times for key, times in self._unsaid.items() if times >= worth}
        if len(said) > most:
            said = dict(heapq.nlargest(most, said.items(), key=lambda entry: entry[1]))
        for key in said:
            del self._unsaid[key]
        now = self._now()
        if now >= self._refilled:
            self._unsaid.clear()
            self._refilled = now + self.rate.burst / self.rate.per_second
        return said

    def unsay(self, said: Mapping[str, int]) -> None:
        """Nobody heard it."""
        for key in said.keys() & self._entries.keys():
            self._unsaid[key] = self._unsaid.get(key, 0) + said[key]

    def debit(self, key: str, times: int, ago: float) -> None:
        """Others let it pass so many times, `ago` seconds ago."""
        then, rate = self._now() - ago, self.rate
        tokens, at = self._entries.get(key, (float(rate.burst), then))
        if then > at:
            tokens, at = min(float(rate.burst), tokens + (then - at) * rate.per_second), then
        self._keep(key, max(tokens - times, -LONGEST_DEBT * rate.per_second), at)

    def _keep(self, key: str, tokens: float, at: float) -> None:
        self._entries[key] = (tokens, at)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            oldest, _ = self._entries.popitem(last=False)
            self._unsaid.pop(oldest, None)


@lru_cache(maxsize=8192)
def client_key(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 /64, since a household has all of one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return address
