# SPDX-License-Identifier: EUPL-1.2
"""What a condition compares an answer with: the points at which its verdict can turn.

Only comparisons with constants are understood, and ages and days counted to or from today; of any other use
it says that it does not know.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mash_forms.model.expressions import TODAY

Constant = int | float | str | bool | None
Kind = Literal["value", "years", "days"]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:,.()\[\]{}]))"
)
_ORDER = {"<", "<=", ">", ">="}
_COMPARES = {*_ORDER, "==", "!="}
_BEFORE = {"", "(", "&&", "||", "!", "?", ":", ",", "["}
_AFTER = {"", ")", "&&", "||", "?", ":", ",", "]"}
_COUNTS: dict[str, Kind] = {"years": "years", "days": "days"}
_WORDS: dict[str, Constant] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Use:
    """An answer is compared with a constant: itself (`value`), or its years or days to or from today."""

    kind: Kind
    constant: Constant
    ordered: bool
    """It is compared as to which is less, not only whether they are the same."""


def uses(source: str, name: str) -> list[Use] | None:
    """Return every use that an expression makes of an answer; None if one of them is something else."""
    tokens = _tokens(source)
    if tokens is None:
        return None
    found: list[Use] = []
    for at, token in enumerate(tokens):
        if token != name or tokens[at - 1] == ".":
            continue
        use = _direct(tokens, at) or _reversed(tokens, at) or _listed(tokens, at) or _counted(tokens, at)
        if use is None:
            return None
        found += use
    return found


def counts_from_today_only(source: str, names: Iterable[str]) -> bool:
    """Tell whether an expression looks at the day only to count an answer's years or days to or from it."""
    tokens = _tokens(source)
    counted = [use for name in names for use in uses(source, name) or () if use.kind != "value"]
    return tokens is not None and tokens.count(TODAY) == len(counted)


def _tokens(source: str) -> list[str] | None:
    """The tokens, with an empty one before and behind; None if it cannot be taken apart."""
    found, at, end = [""], 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            return None
        found.append(match[0].strip())
        at = match.end()
    # Enough behind it that nobody has to ask for the length.
    return [*found, *[""] * 8]


def _direct(tokens: Sequence[str], at: int) -> list[Use] | None:
    """`age > 3`"""
    if tokens[at + 1] not in _COMPARES or tokens[at - 1] not in _BEFORE:
        return None
    return _compared(tokens, at + 1, "value")


def _reversed(tokens: Sequence[str], at: int) -> list[Use] | None:
    """`3 < age`"""
    if tokens[at - 1] not in _COMPARES or tokens[at + 1] not in _AFTER:
        return None
    minus = tokens[at - 3] == "-" and tokens[at - 2][:1].isdigit()
    constant = _constants(tokens[at - 3 : at - 1] if minus else tokens[at - 2 : at - 1])
    if constant is None or tokens[at - 4 if minus else at - 3] not in _BEFORE:
        return None
    return [Use("value", constant[0], tokens[at - 1] in _ORDER)]


def _listed(tokens: Sequence[str], at: int) -> list[Use] | None:
    """`kind in ['a', 'b']`"""
    if tokens[at - 1] not in _BEFORE or tokens[at + 1] != "in" or tokens[at + 2] != "[":
        return None
    end = next((n for n in range(at + 3, len(tokens)) if tokens[n] in {"]", ""}), at)
    inside = _constants([one for one in tokens[at + 3 : end] if one != ","])
    if inside is None or tokens[end] != "]" or tokens[end + 1] not in _AFTER:
        return None
    return [Use("value", constant, ordered=False) for constant in inside]


def _counted(tokens: Sequence[str], at: int) -> list[Use] | None:
    """`years(born, today) >= 18`, `days(today, when) > 3`"""
    for begin, other in ((at - 2, at + 2), (at - 4, at - 2)):
        kind = _COUNTS.get(tokens[max(begin, 0)])
        call = list(tokens[begin + 1 : begin + 6 : 2]) == ["(", ",", ")"] and tokens[other] == TODAY
        if kind and call and tokens[begin - 1] in _BEFORE and tokens[begin + 6] in _COMPARES:
            return _compared(tokens, begin + 6, kind)
    return None


def _compared(tokens: Sequence[str], sign: int, kind: Kind) -> list[Use] | None:
    """What stands behind a comparison."""
    minus = tokens[sign + 1] == "-"
    end = sign + (3 if minus else 2)
    constant = _constants(tokens[sign + 1 : end])
    if constant is None or tokens[end] not in _AFTER:
        return None
    return [Use(kind, constant[0], tokens[sign] in _ORDER)]


def _constants(tokens: Sequence[str]) -> list[Constant] | None:
    """Read some constants; None if one of them is something else."""
    found: list[Constant] = []
    minus = False
    for one in tokens:
        if one[:1].isdigit():
            number = int(one) if one.isdigit() else float(one)
            found.append(-number if minus else number)
        elif minus:
            return None
        elif one in _WORDS:
            found.append(_WORDS[one])
        elif one[:1] in {"'", '"'} and "\\" not in one:
            found.append(one[1:-1])
        elif one != "-":
            return None
        minus = one == "-"
    return None if minus or not found else found
