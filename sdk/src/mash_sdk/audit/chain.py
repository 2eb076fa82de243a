# SPDX-License-Identifier: EUPL-1.2
"""An audit trail as a chain: each line's hash covers what it says and the hash of the line before."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

START = bytes(32)
"""What stands for the hash before the first line of a tenant's chain."""
FORMAT = 1
"""Of canonical(). Another form of lines gets another number, and verification knows both."""


class Told(Protocol):
    """A line, as the service that keeps it knows it."""

    @property
    def id(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    def told(self) -> Mapping[str, object]:
        """Return all that the line says, as JSON has it: what its hash covers, tenant, id and time too."""
        ...


L = TypeVar("L", bound=Told)


@dataclass(frozen=True)
class Sealed(Generic[L]):
    """A line in its place in the chain. Numbers count from 1 without a gap."""

    line: L
    number: int
    hash: bytes


@dataclass(frozen=True)
class Head:
    """The last line of a chain. Whoever notes it down elsewhere can later tell whether lines were cut off."""

    number: int = 0
    hash: bytes = START

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Read what str() wrote. Raises ValueError for anything else."""
        number, _, digest = text.strip().partition(":")
        found = cls(int(number), bytes.fromhex(digest))
        if found.number < 1 or len(found.hash) != len(START):
            raise ValueError(text)
        return found


@dataclass(frozen=True)
class Break(Generic[L]):
    """The first place at which a chain does not hold. `why`: missing, altered, late, or cut."""

    number: int
    why: str
    line: L | None = None


def canonical(line: Told, number: int, before: bytes) -> bytes:
    """Return what is hashed: JSON with sorted keys, no blanks, UTF-8."""
    told: dict[str, object] = {**line.told(), "format": FORMAT, "number": number, "before": before.hex()}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def seal(lines: Iterable[L], head: Head) -> Iterator[Sealed[L]]:
    """Put lines behind the head of their tenant's chain, in this order."""
    number, before = head.number, head.hash
    for line in lines:
        number += 1
        before = hashlib.sha256(canonical(line, number, before)).digest()
        yield Sealed(line, number, before)


class Chain(Generic[L]):
    """Goes along a chain from its start and remembers the first place at which it does not hold."""

    def __init__(self, noted: Head | None = None) -> None:
        """`noted`: a head that somebody noted down earlier. It has to lie on the chain."""
        self.head = Head()
        self.broken: Break[L] | None = None
        self._noted = noted

    def go_on(self, lines: Iterable[Sealed[L]]) -> None:
        """Look at the next lines, in the order of their numbers."""
        for one in lines:
            if self.broken is not None:
                return
            wanted = self.head.number + 1
            if one.number != wanted:
                self.broken = Break(wanted, "missing")
                return
            right = next(seal([one.line], self.head)).hash
            if one.hash != right:
                self.broken = Break(wanted, "altered", one.line)
                return
            self.head = Head(wanted, right)
            if self._noted is not None and self._noted.number == wanted and self._noted.hash != right:
                self.broken = Break(wanted, "altered", one.line)

    def end(self) -> None:
        """Say that there are no more lines."""
        if self.broken is None and self._noted is not None and self._noted.number > self.head.number:
            self.broken = Break(self.head.number + 1, "cut")
