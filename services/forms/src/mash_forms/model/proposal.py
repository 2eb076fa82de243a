# SPDX-License-Identifier: EUPL-1.2
"""Four eyes: one clerk proposes a decision, another one confirms or refuses it; never the same person."""

from dataclasses import dataclass
from datetime import datetime

from mash_forms.model.application import Outcome


class SamePerson(Exception):
    """Who proposed a decision cannot be the second pair of eyes."""


@dataclass(frozen=True)
class Proposal:
    """A decision that waits for another clerk. `by` is who proposed it (subject)."""

    id: str
    application_id: str
    outcome: Outcome
    reason: str
    by: str
    at: datetime

    def require_other(self, subject: str) -> None:
        """Raise SamePerson for who proposed it."""
        if subject == self.by:
            raise SamePerson(self.id)


@dataclass(frozen=True)
class Refused:
    """What became of a proposal that was refused: why, by whom and when."""

    proposal: Proposal
    reason: str
    by: str
    at: datetime
