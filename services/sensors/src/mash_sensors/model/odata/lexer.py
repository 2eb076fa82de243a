# SPDX-License-Identifier: EUPL-1.2
"""Texts of queries into tokens, each with its place."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from mash_sdk.storable import storable
from mash_sensors.model.odata.syntax import Literal, Wkt, wrong
from mash_sensors.model.reading import in_range

LONGEST: Final = 8000
"""Characters of one option."""

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<duration>duration'(?P<span>[^']*)')
  | (?P<geo>(?:geography|geometry)'(?P<wkt>[^']*)')
  | (?P<text>'(?:[^']|'')*')
  | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:[zZ]|[+-]\d\d:?\d\d)?)
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>(?:@iot\.id|[^\W\d][\w.-]*))
  | (?P<mark>[(),/-])
    """,
    re.VERBOSE,
)
_SPAN: Final = TypeAdapter(timedelta)
_WORDS: Final = {"null": None, "true": True, "false": False}


class Token(NamedTuple):
    """`kind`: name, mark, literal or end. `at`: the first character's place, from 1."""

    kind: str
    text: str
    at: int
    literal: Literal | None = None


def tokens(text: str, option: str) -> list[Token]:
    """Raise Invalid (400) for what is no token."""
    if len(text) > LONGEST:
        raise wrong(option, f"ist länger als {LONGEST} Zeichen", "Kürzer fragen.")
    if not storable(text):
        raise wrong(option, "enthält Steuerzeichen", "Ohne Steuerzeichen fragen.")
    return [*_found(text, option), Token("end", "", len(text) + 1)]


def _found(text: str, option: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise wrong(
                option,
                f"ist ab Zeichen {at + 1} unverständlich ({text[at : at + 20]!r})",
                "Texte stehen in einfachen Anführungszeichen, ein Anführungszeichen darin doppelt.",
            )
        place, at = at + 1, match.end()
        kind = str(match.lastgroup)
        kind = {"span": "duration", "wkt": "geo"}.get(kind, kind)
        if kind == "space":
            continue
        if kind in {"name", "mark"}:
            word = match[0]
            if word in _WORDS:
                yield Token("literal", word, place, Literal(_WORDS[word]))
            else:
                yield Token(kind, word, place)
            continue
        try:
            yield Token("literal", match[0], place, _literal(kind, match))
        except (ValueError, OverflowError, ValidationError):
            raise wrong(
                option,
                f"hat an Zeichen {place} einen Wert, den es nicht gibt ({match[0][:40]!r})",
                "Zeiten nach ISO 8601 angeben, Zahlen als Dezimalzahlen.",
            ) from None


def _literal(kind: str, match: re.Match[str]) -> Literal:  # noqa: PLR0911 — one for each kind
    text = match[0]
    match kind:
        case "text":
            return Literal(text[1:-1].replace("''", "'"))
        case "number":
            number = float(text)
            if number == float("inf"):
                raise ValueError(text)
            return Literal(number)
        case "moment":
            moment = datetime.fromisoformat(text.replace(",", "."))
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return Literal(in_range(moment))
        case "date":
            day = date.fromisoformat(text)
            in_range(datetime.combine(day, time(), UTC))
            return Literal(day)
        case "clock":
            return Literal(time.fromisoformat(text))
        case "duration":
            return Literal(_SPAN.validate_python(_written(match["span"])))
        case _:
            return Literal(Wkt(match["wkt"]))


def _written(span: str) -> str:
    """ISO 8601 only: pydantic reads more."""
    if not span.lstrip("-").startswith("P"):
        raise ValueError(span)
    return span
