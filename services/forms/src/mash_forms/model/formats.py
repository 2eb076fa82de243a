# SPDX-License-Identifier: EUPL-1.2
"""JSON Schema as we check it: its formats, multiples as people count them, patterns in linear time.

A float cannot hold 19.99, and yet it is a multiple of 0.01; the library of JSON Schema would refuse it.
"""

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from mash_forms.model.patterns import BadPattern, found
from mash_forms.model.times import wall_time

_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _formats() -> FormatChecker:
    checker = FormatChecker(())
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)

    # The library takes every text with an @ for an e-mail address.
    @checker.checks("email")  # type: ignore[untyped-decorator]
    def _email(value: object) -> bool:
        return not isinstance(value, str) or _MAIL.fullmatch(value) is not None

    @checker.checks("date-time")  # type: ignore[untyped-decorator]
    def _moment(value: object) -> bool:
        return not isinstance(value, str) or wall_time(value) is not None

    return checker


FORMATS = _formats()


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise SchemaError unless it is JSON Schema 2020-12; its patterns are for schema_checks to judge."""
    Draft202012Validator.check_schema(schema, format_checker=FormatChecker(()))


def _multiple_of(_: Any, of: float, value: object, __: Any) -> Iterator[ValidationError]:
    """By the digits that were written, not by what a float makes of them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if (isinstance(value, float) and not math.isfinite(value)) or (
        _exact(value) / _exact(of)
    ).denominator != 1:
        yield ValidationError(f"{value!r} is not a multiple of {of}")


def _exact(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _pattern(_: Any, pattern: str, value: object, __: Any) -> Iterator[ValidationError]:
    """One that we do not take any more judges nothing: nobody could put right what an old form says."""
    if isinstance(value, str):
        try:
            fits = found(pattern, value)
        except BadPattern:
            return
        if not fits:
            yield ValidationError(f"{value!r} has not the pattern {pattern!r}")


Validator = extend(Draft202012Validator, {"multipleOf": _multiple_of, "pattern": _pattern})
"""Draft 2020-12; to be made with `format_checker=FORMATS`."""
