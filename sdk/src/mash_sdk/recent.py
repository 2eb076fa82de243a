# SPDX-License-Identifier: EUPL-1.2
"""A bounded memory of recent answers: each entry ends by itself, the oldest give way to new ones."""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

BACK: Final = 1.0
"""Seconds by which a clock is put right while it runs."""

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Maps keys to values for a while. Times are POSIX seconds of the caller's clock.

    Where that clock goes back, nothing is believed any more: it would be remembered for too long.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._asked = 0.0
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K, now: float) -> V | None:
        if now < self._asked - BACK:
            self._entries.clear()
        self._asked = now
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= now:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: K, value: V, until: float) -> None:
        self._entries[key] = (until, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()
