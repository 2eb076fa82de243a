# SPDX-License-Identifier: EUPL-1.2
"""Whether a letter is genuine: anybody who holds it may ask, by the code on it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from mash_forms.model.application import Document, Outcome
from mash_forms.model.codes import fingerprint, read_code
from mash_forms.signals import LETTERS_ASKED
from mash_sdk.database import Unit
from mash_sdk.problems import TooMany
from mash_sdk.recent import Recent
from mash_sdk.telemetry import count

WRONG = 10
"""Wrong codes that one client may ask for within WITHIN; then it waits, also with a right one."""
WITHIN = 600
REMEMBERED = 20_000
"""Clients whose wrong codes are remembered, by each process."""


@dataclass(frozen=True)
class Issued:
    """What is confirmed of a letter. Nothing of it is personal to who does not hold the letter."""

    reference: str
    outcome: Outcome
    office: str
    dated: date
    withdrawn_at: datetime | None = None


class Letters(Protocol):
    """Letters that were issued, by the fingerprints of their codes."""

    async def add(self, unit: Unit, code: bytes, document: Document, issued: Issued) -> None: ...

    async def find(self, unit: Unit, code: bytes) -> Issued | None: ...

    async def withdraw(self, unit: Unit, application_id: str, at: datetime) -> None:
        """Say of all letters of an application that they hold no longer."""
        ...


class LetterCheck:
    """The use case of whoever holds a letter."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._wrong: Recent[str, int] = Recent(REMEMBERED)

    async def confirm(self, typed: str, client: str, unit: Unit) -> Issued | None:
        """Return what was issued with a code; None for a wrong one. Raises TooMany for who guesses.

        `client`: where the question comes from; kept in memory only.
        """
        now = unit.clock.now().timestamp()
        asker = f"{unit.tenant} {client}"
        wrong = self._wrong.get(asker, now) or 0
        if wrong >= WRONG:
            count(LETTERS_ASKED, attributes={"mash.answer": "refused"})
            raise TooMany(
                "Von Ihrem Anschluss kamen zu viele falsche Prüfcodes. Bitte warten Sie 10 Minuten.",
                retry_after=WITHIN,
            )
        code = read_code(typed)
        found = await self._letters.find(unit, fingerprint(unit.tenant, code)) if code else None
        if found is None:
            self._wrong.put(asker, wrong + 1, now + WITHIN)
        count(LETTERS_ASKED, attributes={"mash.answer": "known" if found else "unknown"})
        return found
