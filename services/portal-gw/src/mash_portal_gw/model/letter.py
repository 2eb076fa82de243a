# SPDX-License-Identifier: EUPL-1.2
"""An e-mail the platform sent, as the demo's mail sink keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    id: str
    sent_at: datetime
    sender: str
    to: str
    subject: str
    text: str = ""

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Letter":
        to = said.get("to", "")
        return cls(
            id=str(said.get("id", "")),
            sent_at=datetime.fromisoformat(said["sent_at"]),
            sender=str(said.get("from", "")),
            to=", ".join(map(str, to)) if isinstance(to, list) else str(to),
            subject=str(said.get("subject", "")),
            text=str(said.get("text") or ""),
        )
