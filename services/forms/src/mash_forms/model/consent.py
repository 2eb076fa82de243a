# SPDX-License-Identifier: EUPL-1.2
"""That somebody wanted answers of an earlier application taken over: which, from where, since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Consent:
    """Given for one form and one application, by a tick beside the answers themselves."""

    source: str
    """The id of the application the answers are from."""
    reference: str
    """Its reference, as people name it."""
    fields: tuple[str, ...]
    given_at: datetime

    def plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "source": self.source,
            "reference": self.reference,
            "fields": list(self.fields),
            "given_at": self.given_at.isoformat(),
        }

    @classmethod
    def read(cls, raw: Mapping[str, Any] | None) -> "Consent | None":
        """Read what plain() made; None is no consent."""
        if raw is None:
            return None
        given_at = datetime.fromisoformat(raw["given_at"])
        return cls(raw["source"], raw["reference"], tuple(raw["fields"]), given_at)
