# SPDX-License-Identifier: EUPL-1.2
"""Patterns of JSON Schema, searched in linear time: what a form says must not keep a process busy for ever.

JSON Schema means regular expressions of ECMA-262, found anywhere in a text. RE2 reads them alike, but for
what is refused here, and knows neither back-references nor look-around: so it never goes back and forth.
"""

import re
from functools import lru_cache
from typing import Any

import re2

LONGEST = 4000
"""Characters of a pattern, at most."""
_ESCAPE = re.compile(
    r"\\(?:u\{(?P<long>[0-9A-Fa-f]{1,6})\}|u(?P<short>[0-9A-Fa-f]{4})|(?P<other>.))", re.DOTALL
)
_OTHERWISE = "AzQEC"
"""What stands behind a backslash and means something in RE2 alone."""


class BadPattern(Exception):
    """It cannot be used; the text says why."""


def found(pattern: str, text: str) -> bool:
    """Tell whether a text has a pattern somewhere. Raises BadPattern."""
    # Half of a surrogate pair, which JSON lets through, is no character; that is told elsewhere.
    return compiled(pattern).search(text.encode("utf-8", "replace")) is not None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """Read a pattern. Raises BadPattern if it is none, or one that could not be searched in linear time."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"is longer than {LONGEST} characters")
    plain = _ESCAPE.sub("x", pattern)
    if "[]" in plain or "[^]" in plain or "[[:" in plain:
        raise BadPattern("has brackets that are read in different ways; write `[` and `]` with a backslash")
    if re.search(r"\(\?[=!]|\(\?<[=!]", plain):
        raise BadPattern("looks ahead or behind (`(?=`, `(?!`, `(?<=`, `(?<!`); write it without")
    if re.search(r"\(\?(?!:|<)", plain):
        raise BadPattern("has `(?`, which is not followed by `:`; write it without")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(_ESCAPE.sub(_rewritten, pattern), options)
    except (re2.error, UnicodeError) as err:
        raise BadPattern(f"is no pattern that can be searched ({_reason(err)})") from None


def _rewritten(escape: re.Match[str]) -> str:
    code, other = escape["long"] or escape["short"], escape["other"]
    if code:
        return f"\\x{{{code}}}"
    if other in "123456789k":
        raise BadPattern(f"refers back to what it has found (`\\{other}`); write it without")
    if other in _OTHERWISE:
        raise BadPattern(f"has `\\{other}`, which is no escape")
    return escape[0]


def _reason(err: Exception) -> str:
    said = err.args[0] if err.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
