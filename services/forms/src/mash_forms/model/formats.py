# SPDX-License-Identifier: EUPL-1.2
"""Formats of JSON Schema as we check them."""

import re

from jsonschema import Draft202012Validator, FormatChecker

_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _formats() -> FormatChecker:
    checker = FormatChecker(())
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)

    # The library takes every text with an @ for an e-mail address.
    @checker.checks("email")  # type: ignore[untyped-decorator]
    def _email(value: object) -> bool:
        return not isinstance(value, str) or _MAIL.fullmatch(value) is not None

    return checker


FORMATS = _formats()
