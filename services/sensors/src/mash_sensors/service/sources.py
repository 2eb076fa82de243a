# SPDX-License-Identifier: EUPL-1.2
"""Tell modules which datastreams there are, so that they know what comes on the stream of observations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.problems import Fault, Invalid
from mash_sensors.model.catalogue import Source

USUAL, MOST = 100, 500
"""Datastreams of a page: where nobody says how many, and at most."""
MOST_URIS: Final = 100


@dataclass(frozen=True, slots=True)
class Sources:
    """A page; `after` goes into the next one's, None on the last."""

    sources: Sequence[Source]
    after: str | None


class Store(Protocol):
    async def sources(
        self, unit: Unit, *, observes: Collection[str], after: str | None, limit: int
    ) -> Sequence[Source]: ...


class SourceService:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def listed(self, observes: Collection[str], after: str | None, limit: int, unit: Unit) -> Sources:
        """`limit` 0: the usual. Raises Invalid for more than there may be."""
        if not 0 <= limit <= MOST:
            raise _invalid("/limit", f"ist keine Zahl von 1 bis {MOST}, auch nicht 0 für {USUAL}")
        if len(observes) > MOST_URIS:
            raise _invalid("/observes", f"hat mehr als {MOST_URIS} Einträge")
        wanted = limit or USUAL
        found = await self._store.sources(unit, observes=observes, after=after, limit=wanted + 1)
        shown = found[:wanted]
        return Sources(shown, shown[-1].id if len(found) > wanted else None)


def _invalid(pointer: str, reason: str) -> Invalid:
    return Invalid(
        "So kann nicht gefragt werden.", errors=[Fault(pointer, reason, "weniger auf einmal fragen")]
    )
