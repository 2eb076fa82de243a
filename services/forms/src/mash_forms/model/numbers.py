# SPDX-License-Identifier: EUPL-1.2
"""Numbers as people write and read them, in the languages a form may be in.

1.250 is a thousand and more in German, and little more than one in English: so neither is read by the rules
of the other, and what fits no rule is no number.
"""

import math
import re
from decimal import Decimal

_MARKS = {"de": (".", ","), "en": (",", ".")}
"""What stands between groups of three digits, and what before the decimals."""
_SPACES = " \u00a0\u202f"
"""They may stand between groups in every language."""
_GROUPED_FROM = 5
"""Digits from which on they are grouped; a year stays 2026."""
LONGEST = 600
"""Characters of a typed number, at most: the longest that a float is written out to has fewer."""
_UNREADABLE = {
    "de": (
        "Das können wir nicht als Zahl lesen.",
        "Schreiben Sie nur Ziffern, zum Beispiel 1250 oder 1.250.",
        "Schreiben Sie nur Ziffern und vor die Nachkommastellen ein Komma, zum Beispiel 1250 oder 1.250,75.",
    ),
    "en": (
        "We cannot read this as a number.",
        "Write digits only, for example 1250 or 1,250.",
        "Write digits only, with a point before the decimals, for example 1250 or 1,250.75.",
    ),
    "de-simple": (
        "Das ist keine Zahl.",
        "Schreiben Sie nur Ziffern. Zum Beispiel: 1250",
        "Schreiben Sie nur Ziffern. Zum Beispiel: 1250. Oder mit Komma: 12,5",
    ),
}


def _pattern(language: str) -> re.Pattern[str]:
    group, point = _MARKS[language]
    return re.compile(
        r"(?P<minus>[-\u2212]?)"
        rf"(?P<whole>[0-9]+|[1-9][0-9]{{0,2}}(?P<group>[{_SPACES}{group}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
        rf"(?:\{point}(?P<decimals>[0-9]+))?"
    )


_PATTERNS = {language: _pattern(language) for language in _MARKS}


def number_in(text: str, language: str) -> int | float | None:
    """Read what was typed as a number; None if it is none, or none that can be kept as it was written."""
    text = text.strip()
    found = _PATTERNS[_tongue(language)].fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    minus = "-" if found["minus"] else ""
    whole = re.sub(r"[^0-9]", "", found["whole"])
    decimals = (found["decimals"] or "").rstrip("0")
    if not decimals:
        return int(minus + whole)
    written = f"{minus}{whole}.{decimals}"
    number = float(written)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(written) else None


def number_said(number: float, language: str) -> str:
    """Write a number as people read it, and as number_in() reads it."""
    if isinstance(number, float):
        if not math.isfinite(number):
            return str(number)
        number = whole_of(number)
    written = str(number) if isinstance(number, int) else format(Decimal(repr(number)), "f")
    digits, _, decimals = written.removeprefix("-").partition(".")
    group, point = _MARKS[_tongue(language)]
    if len(digits) >= _GROUPED_FROM:
        first = len(digits) % 3
        threes = [digits[at : at + 3] for at in range(first, len(digits), 3)]
        digits = group.join([digits[:first], *threes] if first else threes)
    minus = "-" if written.startswith("-") else ""
    return f"{minus}{digits}{point}{decimals}" if decimals else f"{minus}{digits}"


def whole_of(number: float) -> int | float:
    """Return 2.0 as the whole number it is: JSON Schema takes it for one, and expressions would not."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def unreadable(language: str, *, whole: bool) -> tuple[str, str]:
    """Say that something is no number, and how to write one; `whole`: that has no decimals."""
    reason, digits, decimals = _UNREADABLE.get(language) or _UNREADABLE["de"]
    return reason, digits if whole else decimals


def _tongue(language: str) -> str:
    return "en" if language == "en" else "de"
