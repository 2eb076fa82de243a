# SPDX-License-Identifier: EUPL-1.2
"""How many requests a client and a tenant may make: token buckets, in memory of a fixed size."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


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
    """A token bucket per key. The keys not seen for longest give way to new ones."""

    def __init__(self, rate: Rate, now: Callable[[], float], size: int = 50_000) -> None:
        self.rate = rate
        self._now = now
        self._size = size
        self._entries: OrderedDict[str, tuple[float, float]] = OrderedDict()

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
        self._entries[key] = (tokens, now)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        missing = rate.burst - tokens if allowed else 1 - tokens
        return Verdict(allowed, int(tokens), max(1, -int(-missing // rate.per_second)))


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
