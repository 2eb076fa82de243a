# SPDX-License-Identifier: EUPL-1.2
"""Answers against a form: cleaned, checked by JSON Schema 2020-12, each fault in words with a remedy."""

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from mash_forms.model.days import day_of, german, months_later
from mash_forms.model.form import Field, Form
from mash_forms.model.storable import storable

_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_UNKNOWN = ("Dieses Feld gehört nicht zum Formular.", "Lassen Sie es weg.")
_NO_OBJECT = ("Die Angaben sind kein Objekt.", "Senden Sie die Angaben als JSON-Objekt.")
_CHARACTER = ("Die Angabe enthält ein Zeichen, das nicht erlaubt ist.", "Geben Sie sie neu ein.")
_LINES = (
    "Die Angabe enthält einen Zeilenumbruch oder ein unsichtbares Steuerzeichen.",
    "Schreiben Sie sie neu, in eine einzige Zeile.",
)
_INVISIBLE = (
    "Die Angabe enthält ein unsichtbares Steuerzeichen.",
    "Schreiben Sie sie neu, statt sie hineinzukopieren.",
)

FIRST_DAY = date(1900, 1, 1)
LETTER_STARTS_WITHIN = 10 * 12
"""In months: how far ahead a day may lie from which a letter is valid."""
DAYS_WITHIN = 100 * 12
"""In months: how far ahead any other day may lie."""
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn around how what follows them is shown."""


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one answer, why, and how to put it right. An empty name means the whole."""

    name: str
    reason: str
    remedy: str


def _formats() -> FormatChecker:
    checker = FormatChecker(())
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)

    # The library takes every text with an @ for an e-mail address.
    @checker.checks("email")  # type: ignore[untyped-decorator]
    def _email(value: object) -> bool:
        return not isinstance(value, str) or _MAIL.fullmatch(value) is not None

    return checker


_FORMATS = _formats()


def clean(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """Trim and transform what was typed; an empty text counts as not given."""
    cleaned: dict[str, Any] = {}
    for name, value in data.items():
        field = form.fields.get(name)
        upper = field is not None and field.transform == "upper"
        neat = (value.strip().upper() if upper else value.strip()) if isinstance(value, str) else value
        if neat != "":
            cleaned[name] = neat
    return cleaned


def posted(form: Form, values: Mapping[str, str]) -> dict[str, Any]:
    """Read what a browser sent: texts become the types of the schema where they can."""
    data: dict[str, Any] = {}
    for name, field in form.fields.items():
        if name in values:
            data[name] = _typed(field, values[name])
        elif field.widget == "checkbox" and field.schema.get("type") == "boolean" and not field.required:
            data[name] = False
    return clean(form, data)


def complaints(form: Form, data: object, today: date) -> list[Complaint]:
    """Return what is wrong with cleaned answers: the first fault of each field, in the form's order."""
    if not isinstance(data, dict):
        return [Complaint("", *_NO_OBJECT)]
    found: dict[str, Complaint] = {}
    for error in Draft202012Validator(form.schema, format_checker=_FORMATS).iter_errors(data):
        for name in _names(error, data):
            field = form.fields.get(name)
            words = field.complaint(str(error.validator)) if field else _UNKNOWN
            found.setdefault(name, Complaint(name, *words))
    for name, field in form.fields.items():
        fault = None if name in found or name not in data else _wrong(form, field, data[name], today)
        if fault:
            found[name] = Complaint(name, *fault)
    order = {name: place for place, name in enumerate(form.fields)}
    return sorted(found.values(), key=lambda complaint: order.get(complaint.name, len(order)))


def _names(error: ValidationError, data: Mapping[str, Any]) -> Iterator[str]:
    if error.absolute_path:
        yield str(error.absolute_path[0])
    elif error.validator == "required":
        yield from (name for name in error.validator_value if name not in data)
    elif error.validator in {"additionalProperties", "unevaluatedProperties"}:
        known = error.schema.get("properties", {})
        yield from (name for name in data if name not in known)
    else:
        yield ""


def _typed(field: Field, text: str) -> Any:
    for option in field.options:
        if option.posted == text:
            return option.value
    wanted = field.schema.get("type")
    if field.widget == "checkbox" and wanted == "boolean":
        return text in {"true", "on"}
    if wanted in {"integer", "number"} and text.strip():
        try:
            number = json.loads(text.strip().replace(",", "."))
        except ValueError:
            return text
        return number if isinstance(number, int | float) and math.isfinite(number) else text
    return text


def _wrong(form: Form, field: Field, value: object, today: date) -> tuple[str, str] | None:
    """Return what is wrong with an answer that the schema has no objection to."""
    if not storable(value):
        return _CHARACTER
    if isinstance(value, str) and (fault := _wrong_text(field, value)):
        return fault
    if value is not None and "date" in {field.widget, field.schema.get("format")}:
        return _wrong_day(form, field, value, today)
    return None


def _wrong_text(field: Field, text: str) -> tuple[str, str] | None:
    if field.widget == "textarea":
        return _INVISIBLE if any(_steers(c) for c in text if c not in "\t\n\r") else None
    return _LINES if any(_steers(c) for c in text) else None


def _steers(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _wrong_day(form: Form, field: Field, value: object, today: date) -> tuple[str, str] | None:
    day = day_of(value)
    if day is None:
        return field.complaint("format")
    if field.earliest == "today" and day < today:
        return field.complaint("earliest")
    if day < FIRST_DAY:
        return "Das Datum liegt zu weit zurück.", f"Tragen Sie einen Tag ab dem {german(FIRST_DAY)} ein."
    starts = any(letter.valid_from == field.name for letter in form.letters.values())
    last = months_later(today, LETTER_STARTS_WITHIN if starts else DAYS_WITHIN)
    if day > last:
        return "Das Datum liegt zu weit in der Zukunft.", f"Tragen Sie einen Tag bis zum {german(last)} ein."
    return None
