# SPDX-License-Identifier: EUPL-1.2
"""Texts that others wrote, made fit to stand within a line of ours."""

import unicodedata

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """Return it as one line: nothing in it begins a line or turns around how what follows is shown."""
    return " ".join("".join(" " if _steers(character) else character for character in text).split())


def _steers(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in {"Cc", "Zl", "Zp"}
