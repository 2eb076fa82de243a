# SPDX-License-Identifier: EUPL-1.2
"""System query options (18-088, 9.3): of an address, and of each level of an $expand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from mash_sdk.storable import storable
from mash_sensors.model.odata.lexer import LONGEST
from mash_sensors.model.odata.parser import parse_filter, parse_orderby
from mash_sensors.model.odata.syntax import Expansion, Query, missing, wrong

OPTIONS: Final = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$skiptoken")
DEEPEST: Final = 5
"""Levels of $expand."""
MOST: Final = 24
"""Expansions in one request, however deep, and names in one $select."""
_NAME: Final = re.compile(r"(?:@iot\.id|[^\W\d][\w.@]*)(?:/[\w.-]+)*")
_DIGITS: Final = re.compile(r"[0-9]{1,12}")


def parse_query(options: Iterable[tuple[str, str]]) -> Query:
    """The query of an address. Raise Invalid (400) or NotImplementedYet (501)."""
    return _query(options, 0, [MOST])


def _query(options: Iterable[tuple[str, str]], depth: int, left: list[int]) -> Query:
    given: dict[str, str] = {}
    for name, text in options:
        if name not in OPTIONS or (depth and name == "$skiptoken"):
            raise missing(name[:100], name[:100], f"Es gibt {', '.join(OPTIONS)}.")
        if name in given:
            raise wrong(name, "steht mehrmals da", "Einmal angeben.")
        if len(text) > LONGEST or not storable(text):
            raise wrong(
                name, "ist zu lang oder enthält Steuerzeichen", f"Höchstens {LONGEST} Zeichen angeben."
            )
        given[name] = text
    return Query(
        filter=parse_filter(given["$filter"]) if "$filter" in given else None,
        orderby=parse_orderby(given["$orderby"]) if "$orderby" in given else (),
        select=_select(given["$select"]) if "$select" in given else None,
        expand=_expand(given["$expand"], depth + 1, left) if "$expand" in given else (),
        top=_number(given, "$top"),
        skip=_number(given, "$skip") or 0,
        count=_truth(given, "$count"),
        skiptoken=given.get("$skiptoken"),
    )


def _number(given: Mapping[str, str], option: str) -> int | None:
    text = given.get(option)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text.strip()):
        raise wrong(option, "ist keine ganze Zahl ab 0", "Eine ganze Zahl ab 0 angeben.")
    return int(text)


def _truth(given: Mapping[str, str], option: str) -> bool:
    text = given.get(option, "false").strip()
    if text not in {"true", "false"}:
        raise wrong(option, "ist weder true noch false", "true oder false angeben.")
    return text == "true"


def _select(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if len(names) > MOST or not all(_NAME.fullmatch(name) for name in names):
        raise wrong(
            "$select", "ist keine Liste von Eigenschaften", f"Bis zu {MOST} Namen mit Kommas trennen."
        )
    return names


def _expand(text: str, depth: int, left: list[int]) -> tuple[Expansion, ...]:
    if depth > DEEPEST:
        raise wrong("$expand", f"ist tiefer als {DEEPEST} Ebenen", "Flacher fragen, den Links folgen.")
    found: dict[str, Expansion] = {}
    for part in _split(text, ","):
        path, bracket, rest = part.strip().partition("(")
        if bracket and not rest.endswith(")"):
            raise wrong("$expand", "hat eine Klammer, die nicht am Ende schließt", "Klammern schließen.")
        options = [_option(one) for one in _split(rest[:-1], ";") if one.strip()] if bracket else []
        one = _path(path.strip(), options, depth, left)
        found[one.link] = _joined(found[one.link], one) if one.link in found else one
    return tuple(found.values())


def _path(path: str, options: list[tuple[str, str]], depth: int, left: list[int]) -> Expansion:
    """`A/B(…)` is `A($expand=B(…))`."""
    first, slash, rest = path.partition("/")
    left[0] -= 1
    if left[0] < 0:
        raise wrong("$expand", f"nennt mehr als {MOST} Verknüpfungen", "In mehreren Anfragen fragen.")
    if not _NAME.fullmatch(first) or (slash and not rest):
        raise wrong(
            "$expand", f"nennt keine Verknüpfung ({path[:40]!r})", "Verknüpfungen mit Kommas trennen."
        )
    if not slash:
        return Expansion(first, _query(options, depth, left))
    if depth + 1 > DEEPEST:
        raise wrong("$expand", f"ist tiefer als {DEEPEST} Ebenen", "Flacher fragen, den Links folgen.")
    return Expansion(first, Query(expand=(_path(rest, options, depth + 1, left),)))


def _joined(one: Expansion, other: Expansion) -> Expansion:
    """`A/B,A/C` is `A($expand=B,C)`; more than that cannot be said twice."""
    plain = Query()
    if replace(other.query, expand=()) != plain and replace(one.query, expand=()) != plain:
        raise wrong(
            "$expand", f"nennt {one.link} zweimal mit Angaben", "Die Angaben in eine Klammer schreiben."
        )
    leading, following = (one, other) if replace(other.query, expand=()) == plain else (other, one)
    expand = {each.link: each for each in leading.query.expand}
    for each in following.query.expand:
        expand[each.link] = _joined(expand[each.link], each) if each.link in expand else each
    return Expansion(one.link, replace(leading.query, expand=tuple(expand.values())))


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.strip().partition("=")
    return name.strip(), value


def _split(text: str, mark: str) -> Iterator[str]:
    """At each mark outside of quotes and brackets."""
    depth, quoted, begin = 0, False, 0
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == mark and depth == 0:
            yield text[begin:at]
            begin = at + 1
    if depth or quoted:
        raise wrong("$expand", "hat offene Klammern oder Anführungszeichen", "Sie schließen.")
    yield text[begin:]
