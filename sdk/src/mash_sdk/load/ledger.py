# SPDX-License-Identifier: EUPL-1.2
"""What load users sent, what was acknowledged, and whether exactly that is stored afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """One kind of thing. What was sent without an answer may be stored or not: both are right."""

    kind: str
    acknowledged: int
    unanswered: int
    stored: int
    lost: tuple[str, ...]
    """Acknowledged, but not there."""
    doubled: tuple[str, ...]
    """There more than once, or though nobody sent it."""

    @property
    def holds(self) -> bool:
        return not self.lost and not self.doubled

    def told(self) -> dict[str, Any]:
        return asdict(self)


class Ledger:
    """Of all users of a run together."""

    def __init__(self) -> None:
        self._sent: dict[str, set[str]] = defaultdict(set)
        self._acknowledged: dict[str, set[str]] = defaultdict(set)

    def sent(self, kind: str, number: str) -> None:
        """Before it is sent: whatever comes, it may be stored from now on."""
        self._sent[kind].add(number)

    def acknowledged(self, kind: str, number: str) -> bool:
        """Whether it is the first acknowledgement of this one."""
        first = number not in self._acknowledged[kind]
        self._acknowledged[kind].add(number)
        return first

    def compare(
        self, stored: Mapping[str, Iterable[str]], before: Mapping[str, Iterable[str]]
    ) -> list[Verdict]:
        """`stored`: by kind, what is there after the run; `before`: what was there already."""
        return [
            self._of(kind, Counter(stored.get(kind, ())), set(before.get(kind, ())))
            for kind in sorted({*self._sent, *stored})
        ]

    def _of(self, kind: str, stored: Counter[str], before: set[str]) -> Verdict:
        sent, acknowledged = self._sent[kind], self._acknowledged[kind]
        doubled = {one for one, times in stored.items() if times > 1 or one not in sent | before}
        return Verdict(
            kind,
            len(acknowledged),
            len(sent - acknowledged),
            sum((stored - Counter(before)).values()),
            tuple(sorted(acknowledged - stored.keys())),
            tuple(sorted(doubled)),
        )
