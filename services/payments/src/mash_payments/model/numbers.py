# SPDX-License-Identifier: EUPL-1.2
"""Numbers that name a claim (Kassenzeichen), and numbers that must never come in: those of cards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CARD = re.compile(
    r"(?<!\d)(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{15,18})(?!\d)"
)
_SHORTEST, _LONGEST = 10, 24


@dataclass(frozen=True, slots=True)
class NumberRule:
    """How a city writes its Kassenzeichen: prefix, year, running number, two check digits, in groups."""

    prefix: str = ""
    digits: int = 8
    group: int = 4

    def number(self, year: int, sequence: int) -> str:
        """One Kassenzeichen. With the usual rule 2026 and 42 give `2026-0000-0042-26`: a slip of one digit,
        or two swapped, does not check (ISO 7064 MOD 97-10).
        """
        text = f"{self.prefix}{year:04d}{sequence:0{self.digits}d}"
        text += f"{98 - int(_digits(text)) * 100 % 97:02d}"
        body = text[len(self.prefix) :]
        groups = [body[i : i + self.group] for i in range(0, len(body), self.group)]
        return "-".join([self.prefix, *groups] if self.prefix else groups)


def is_receipt_number(text: str) -> bool:
    """Whether the check digits hold; hyphens and spaces do not count."""
    said = compact(text)
    return len(said) > 2 and said[-2:].isdigit() and int(_digits(said)) % 97 == 1  # noqa: PLR2004


def compact(text: str) -> str:
    """Letters and digits alone, in capitals: how a number is compared."""
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())


def receipt_numbers_in(text: str) -> Iterator[str]:
    """Whatever could be a Kassenzeichen in the text of a transfer: each part whose check digits hold."""
    said = compact(text)[:2000]
    for start in range(len(said)):
        for end in range(start + _SHORTEST, min(start + _LONGEST, len(said)) + 1):
            if is_receipt_number(said[start:end]):
                yield said[start:end]


def has_card_number(text: str) -> bool:
    """Whether a number looks like a card's: an issuer's range, a card's length, and Luhn's check holds."""
    return any(map(_luhn, _CARD.findall(re.sub(r"(?<=\d)[ -](?=\d)", "", text))))


def without_card_numbers(text: str) -> str:
    """The text, or a word in its place if a card's number is in it."""
    return "[Kartennummer entfernt]" if has_card_number(text) else text


def _luhn(number: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0  # noqa: PLR2004


def _digits(text: str) -> str:
    """Letters as two digits, A = 10, as in an IBAN."""
    return "".join(str(int(letter, 36)) for letter in text)
