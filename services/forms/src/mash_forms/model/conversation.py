# SPDX-License-Identifier: EUPL-1.2
"""What office and applicant write to one another about a case, and what the office writes for itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TEXT_LENGTH = 4000
"""Characters of a message or note, at most."""


class Kind(StrEnum):
    """What a message is for."""

    QUESTION = "question"
    """The office cannot go on without an answer."""
    ANSWER = "answer"
    MESSAGE = "message"


@dataclass(frozen=True)
class Message:
    """Something written. `by` is a subject; `name` is the clerk's, for colleagues only."""

    id: str
    application_id: str
    kind: Kind
    from_office: bool
    by: str
    name: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Note:
    """Something clerks write for one another; the applicant never sees it here."""

    id: str
    application_id: str
    by: str
    name: str
    text: str
    at: datetime
