# SPDX-License-Identifier: EUPL-1.2
"""What happened in one request and its cascade, as operators look at it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
JOURNEY: Final = "mash.journey.id"


@dataclass(slots=True)
class Span:
    """One step of a trace. Times are microseconds."""

    id: str
    parent: str
    service: str
    name: str
    began: int
    took: int
    failed: bool
    tags: Mapping[str, str]
    links: Sequence[str] = ()
    """Ids of the traces it goes back to without being their child: after a long wait, or for a batch."""
    depth: int = 0


@dataclass(slots=True)
class Trace:
    """A whole trace, its spans in the order of a tree: each after its parent."""

    id: str
    spans: list[Span] = field(default_factory=list)

    @property
    def began(self) -> int:
        return min((span.began for span in self.spans), default=0)

    @property
    def took(self) -> int:
        return max((span.began + span.took for span in self.spans), default=0) - self.began

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.began / 1e6, tz=UTC)

    @property
    def name(self) -> str:
        return f"{self.spans[0].service}: {self.spans[0].name}" if self.spans else ""

    @property
    def failed(self) -> bool:
        return any(span.failed for span in self.spans)

    @property
    def services(self) -> list[str]:
        return sorted({span.service for span in self.spans})

    @property
    def journeys(self) -> list[str]:
        return sorted({span.tags[JOURNEY] for span in self.spans if JOURNEY in span.tags})
