# SPDX-License-Identifier: EUPL-1.2
"""What the signs of the controller show: each order is carried out once, an older one never after a newer."""

from __future__ import annotations

import time
from typing import Final

from mash_simulators.shelf import Record, Shelf

KIND: Final = "sign"
PICTURES: Final = {"blank": "nichts", "ice": "Schnee- oder Eisglätte"}
"""What a sign can show: dark, or sign 101-51 of the German road traffic regulations."""


class Outdated(Exception):
    """A newer order is known."""

    def __init__(self, sequence: int) -> None:
        super().__init__(str(sequence))
        self.sequence = sequence


class Register:
    """Signs come into being dark when they are first spoken of."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def of(self, sign: str) -> Record:
        """What one shows, by its own sensing."""
        return self._shelf.get(KIND, sign) or self._shelf.put(KIND, sign, _new(sign))

    def order(self, sign: str, picture: str, sequence: int, *, stuck: bool = False) -> Record:
        """Show a picture. Raises Outdated. The same order twice is carried out once."""
        found = self.of(sign)
        if sequence < found["sequence"]:
            raise Outdated(found["sequence"])
        if sequence == found["sequence"]:
            return found
        taken = {**found, "sequence": sequence}
        if not stuck:
            taken |= {"picture": picture, "switched": found["switched"] + 1, "since": time.time()}
        return self._shelf.put(KIND, sign, taken)

    def change(self, sign: str, **fields: object) -> Record:
        """Break or mend one by hand."""
        return self._shelf.put(KIND, sign, {**self.of(sign), **fields})

    def clear(self) -> None:
        """Every sign is as new."""
        for one in self.all():
            self._shelf.put(KIND, one["sign"], _new(one["sign"]))

    def all(self) -> list[Record]:
        """By name."""
        return sorted(self._shelf.all(KIND), key=lambda one: str(one["sign"]))


def _new(sign: str) -> Record:
    dark = {"picture": "blank", "since": time.time(), "offline": False}
    return {"sign": sign, "sequence": 0, "switched": 0, **dark}
