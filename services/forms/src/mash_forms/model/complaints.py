# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with answers: by JSON Schema 2020-12, by the form's rules, and by what no form may accept.

Each fault is said in words, with a remedy, at the field it belongs to.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jsonschema.exceptions import ValidationError

from mash_forms.model.days import FIRST_DAY, day_of, german, months_later
from mash_forms.model.expressions import ROW, Failed, Unanswered
from mash_forms.model.filling import Filled, fill
from mash_forms.model.form import Field, Form
from mash_forms.model.numbers import unreadable
from mash_forms.model.storable import storable

_UNKNOWN = ("Dieses Feld gehört nicht zum Formular.", "Lassen Sie es weg.")
_CHARACTER = ("Die Angabe enthält ein Zeichen, das nicht erlaubt ist.", "Geben Sie sie neu ein.")
_LINES = (
    "Die Angabe enthält einen Zeilenumbruch oder ein unsichtbares Steuerzeichen.",
    "Schreiben Sie sie neu, in eine einzige Zeile.",
)
_INVISIBLE = (
    "Die Angabe enthält ein unsichtbares Steuerzeichen.",
    "Schreiben Sie sie neu, statt sie hineinzukopieren.",
)

LETTER_STARTS_WITHIN = 10 * 12
"""In months: how far ahead a day may lie from which a letter is valid."""
DAYS_WITHIN = 100 * 12
"""In months: how far ahead any other day may lie."""
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn around how what follows them is shown."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one answer, why, and how to put it right. An empty path means the whole."""

    path: Path
    reason: str
    remedy: str

    @property
    def name(self) -> str:
        """The path as text: `plate`, or `children/0/given_name`."""
        return "/".join(map(str, self.path))


NO_OBJECT = Complaint((), "Die Angaben sind kein Objekt.", "Senden Sie die Angaben als JSON-Objekt.")


def complaints(form: Form, data: object, today: date) -> list[Complaint]:
    """Return what is wrong with cleaned answers: the first fault of each field, in the form's order."""
    if not isinstance(data, Mapping):
        return [NO_OBJECT]
    return complaints_of(fill(form, data, today), today)


def complaints_of(filled: Filled, today: date) -> list[Complaint]:
    """Return what is wrong with a form as far as it is filled in."""
    found: dict[Path, Complaint] = {}
    computed = {one.name for one in filled.form.computed}
    data = {name: value for name, value in filled.data.items() if name not in computed}
    asked = filled.fields
    for error in _errors(filled.form, data):
        for path in _paths(error, data):
            if _hidden(filled, asked, path):
                continue
            field = _field(filled.form, path)
            words = _words(filled.form, field, error) if field else _UNKNOWN
            found.setdefault(path, Complaint(path, *words))
    for path, field, value in _given(asked, data):
        fault = None if path in found else _wrong(filled.form, field, value, today)
        if fault:
            found[path] = Complaint(path, *fault)
    for complaint in _broken_rules(filled, asked, data):
        found.setdefault(complaint.path, complaint)
    order = {name: place for place, name in enumerate(filled.form.fields)}

    def place(complaint: Complaint) -> tuple[Any, ...]:
        first = str(complaint.path[0]) if complaint.path else ""
        row = complaint.path[1] if len(complaint.path) > 1 else -1
        return order.get(first, len(order)), row, _within(filled.form, complaint.path)

    return sorted(found.values(), key=place)


def _errors(form: Form, data: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Return the schema's errors. It tells what is missing name by name, and _paths() all at once: the first
    is enough, or a large form takes its square.
    """
    told: set[Path] = set()
    for error in form.validator.iter_errors(data):
        if error.validator == "required":
            at = tuple(error.absolute_path)
            if at in told:
                continue
            told.add(at)
        yield error


def _words(form: Form, field: Field, error: ValidationError) -> tuple[str, str]:
    kind, keyword = field.schema.get("type"), str(error.validator)
    if keyword == "type" and kind in {"integer", "number"} and isinstance(error.instance, str):
        return field.errors.get(keyword) or unreadable(form.spoken, whole=kind == "integer")
    return field.complaint(keyword)


def _within(form: Form, path: Path) -> int:
    group = form.fields.get(str(path[0])) if path else None
    names = [field.name for field in group.fields] if group else []
    return names.index(str(path[2])) if len(path) > 2 and path[2] in names else -1  # noqa: PLR2004 — group, row, field


def _paths(error: ValidationError, data: Mapping[str, Any]) -> Iterator[Path]:
    at: Path = tuple(error.absolute_path)
    inside = error.instance if at else data
    if error.validator == "required":
        yield from ((*at, name) for name in error.validator_value if name not in inside)
    elif error.validator in {"additionalProperties", "unevaluatedProperties"}:
        known = error.schema.get("properties", {})
        yield from ((*at, name) for name in inside if name not in known)
    else:
        yield at


def _field(form: Form, path: Path) -> Field | None:
    field = form.fields.get(str(path[0])) if path else None
    if field is None or not field.is_group or len(path) < 3:  # noqa: PLR2004 — group, row, field
        return field
    return next((inside for inside in field.fields if inside.name == path[2]), None)


def _hidden(filled: Filled, asked: Mapping[str, Field], path: Path) -> bool:
    """Tell whether nobody asks for it: an answer that is missing there is no fault."""
    if not path:
        return False
    name = str(path[0])
    if name in filled.form.fields and name not in asked:
        return True
    rows = filled.data.get(name)
    if len(path) == 3 and name in asked and isinstance(rows, list):  # noqa: PLR2004 — group, row, field
        row = rows[int(path[1])]
        known = {field.name for field in asked[name].fields}
        return path[2] in known and path[2] not in {
            field.name for field in filled.row_fields(asked[name], row)
        }
    return False


def _given(asked: Mapping[str, Field], data: Mapping[str, Any]) -> Iterator[tuple[Path, Field, Any]]:
    for name, field in asked.items():
        if name not in data:
            continue
        if not field.is_group or not isinstance(data[name], list):
            yield (name,), field, data[name]
            continue
        for at, row in enumerate(data[name]):
            for inside in field.fields:
                if isinstance(row, Mapping) and inside.name in row:
                    yield (name, at, inside.name), inside, row[inside.name]


def _broken_rules(filled: Filled, asked: Mapping[str, Field], data: Mapping[str, Any]) -> Iterator[Complaint]:
    for rule in filled.form.rules:
        group = asked.get(rule.at[0])
        if group is None:
            continue
        if len(rule.at) == 1:
            if not _holds(filled, rule.valid):
                yield Complaint((rule.at[0],), rule.reason, rule.remedy)
            continue
        rows = data.get(group.name)
        empty = dict.fromkeys(field.name for field in group.fields)
        for at, row in enumerate(rows if isinstance(rows, list) else ()):
            filled.world.set(ROW, {**empty, **row} if isinstance(row, Mapping) else empty)
            if not _holds(filled, rule.valid):
                yield Complaint((group.name, at, rule.at[1]), rule.reason, rule.remedy)


def _holds(filled: Filled, valid: Any) -> bool:
    try:
        return valid.value(filled.world) is True
    except Unanswered:
        return True  # that an answer is missing is said where it is missing
    except Failed:
        return False


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
