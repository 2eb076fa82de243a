# SPDX-License-Identifier: EUPL-1.2
"""What follows an entity in an address (18-088, 9.2): links, keys, properties, `$value`, `$ref`."""

import re
from dataclasses import dataclass
from typing import Final

from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, NotFound

MOST: Final = 12
_SEGMENT: Final = re.compile(r"(\$?[\w.@-]{1,100})(?:\((.{0,100})\))?")
_QUOTED: Final = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    key: str | None = None


def segments(rest: str) -> tuple[Segment, ...]:
    """Raise NotFound for what is no address."""
    if not rest:
        return ()
    found: list[Segment] = []
    for part in rest.split("/"):
        match = _SEGMENT.fullmatch(part)
        if match is None or len(found) == MOST:
            raise NotFound("Diese Adresse gibt es nicht.")
        key = None if match[2] is None else key_of(match[2], "Diese Adresse")
        found.append(Segment(match[1], key))
    return tuple(found)


def key_of(text: str, what: str) -> str:
    """The id in `Things('0192…')`: a string, so it stands in quotes. NotFound for what can be none."""
    quoted = _QUOTED.fullmatch(text)
    try:
        return parse_id(quoted[1] if quoted else text, "/@iot.id")
    except Invalid:
        raise NotFound(f"{what} gibt es nicht.") from None
