# SPDX-License-Identifier: EUPL-1.2
"""Regular expressions of XML Schema, as FIM writes them, said as a form says them (ECMA-262, linear time).

In XML Schema an expression has to fit the whole text, `^` and `$` are characters, a digit is one of any
script, and a class can be taken from another. What cannot be said otherwise is not: somebody is told.
"""

import re

from mash_forms.model.patterns import BadPattern, compiled

_CLASSES = {
    "d": "\\p{Nd}",
    "D": "\\P{Nd}",
    "s": "[ \\t\\n\\r]",
    "S": "[^ \\t\\n\\r]",
    "w": "[^\\p{P}\\p{Z}\\p{C}]",
    "W": "[\\p{P}\\p{Z}\\p{C}]",
}
_IN_CLASS = {"d": "\\p{Nd}", "D": "\\P{Nd}", "s": " \\t\\n\\r", "W": "\\p{P}\\p{Z}\\p{C}"}
_SINGLE = frozenset("nrt\\|.?*+(){}-[]^")
_CATEGORY = re.compile(r"L[ultmo]?|M[enc]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?")


class Untranslatable(Exception):
    """It has to be checked by somebody; the text says why."""


def translated(pattern: str) -> tuple[str, bool]:
    """Return what means the same in a form, and whether it has `^` or `$` outside a class: at its ends
    they are taken for beginning and end, as many who write them mean it, and elsewhere for characters.

    Raises Untranslatable.
    """
    reading = _Reading(pattern)
    found = f"^(?:{reading.all()})$"
    try:
        compiled(found)
    except BadPattern as fault:
        raise Untranslatable(str(fault)) from None
    return found, reading.signs


class _Reading:
    """One pass over an expression."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at, self.signs = pattern, 0, False

    def all(self) -> str:
        """Return what the expression is in ECMA-262."""
        said = []
        while self._at < len(self._pattern):
            said.append(self._next())
        return "".join(said)

    def _take(self) -> str:
        if self._at >= len(self._pattern):
            raise Untranslatable("it ends in the middle")
        self._at += 1
        return self._pattern[self._at - 1]

    def _next(self) -> str:
        one = self._take()
        if one == "\\":
            return self._escape(_CLASSES)
        if one == "[":
            return self._class()
        if one == ".":
            return "[^\\n\\r]"
        if one in "^$":
            self.signs = True
            ends = self._at == 1 if one == "^" else self._at == len(self._pattern)
            return "" if ends else f"\\{one}"
        if one == "(" and self._pattern[self._at : self._at + 1] == "?":
            raise Untranslatable("`(?` is not of XML Schema")
        if one in "*+?}" and self._pattern[self._at : self._at + 1] in {"?", "+", "*"}:
            raise Untranslatable(f"`{one}` has another sign of repetition behind it")
        return f"\\{one}" if one in "]/" else one

    def _escape(self, classes: dict[str, str]) -> str:
        one = self._take()
        if one in "pP":
            if self._take() != "{":
                raise Untranslatable(f"`\\{one}` names no category")
            name = ""
            while (letter := self._take()) != "}":
                name += letter
            if not _CATEGORY.fullmatch(name):
                raise Untranslatable(f"`\\{one}{{{name}}}` is not understood")
            return f"\\{one}{{{name}}}"
        if one in classes:
            return classes[one]
        if one not in _SINGLE:
            raise Untranslatable(f"`\\{one}` is not understood")
        return f"\\{one}"

    def _class(self) -> str:
        said = "["
        if self._pattern[self._at : self._at + 1] == "^":
            said += self._take()
        empty = True
        while (one := self._take()) != "]" or empty:
            rest = self._pattern[self._at : self._at + 1]
            if one == "-" and rest == "[":
                raise Untranslatable("a class is taken from another")
            if one in "[]":
                raise Untranslatable(f"`{one}` stands in a class without a backslash")
            said += self._escape(_IN_CLASS) if one == "\\" else f"\\{one}" if one in "^&~" else one
            empty = False
        return said + "]"
