# SPDX-License-Identifier: EUPL-1.2
"""Answers as they come in: read from what a browser sent, trimmed, transformed; nothing is judged here."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mash_forms.model.form import Field, Form
from mash_forms.model.numbers import number_in, whole_of

_ROW = re.compile(r"([a-z][a-z0-9_]*)\.(\d{1,3})(?:\.([a-z][a-z0-9_]*))?")


def clean(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """Trim and transform what was typed; an empty text counts as not given."""
    return _clean(form.fields, data)


def posted(fields: Iterable[Field], values: Mapping[str, str], language: str) -> dict[str, Any]:
    """Read what a browser sent for some fields: texts become the types of the schema where they can, numbers
    as the language of the page writes them.

    A row of a group is sent as `children.0` (that it is there) and `children.0.given_name`.
    """
    asked = {field.name: field for field in fields}
    data: dict[str, Any] = {}
    for name, field in asked.items():
        if field.widget == "upload":
            continue  # what was uploaded is noted when it is kept
        if field.is_group:
            data[name] = _rows(field, values, language)
        elif name in values:
            data[name] = _typed(field, values[name], language)
        elif field.widget == "checkbox" and field.schema.get("type") == "boolean" and not field.required:
            data[name] = False
    return _clean(asked, data)


def _rows(group: Field, values: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    sent: dict[int, dict[str, str]] = {}
    for key, value in values.items():
        found = _ROW.fullmatch(key)
        if found and found[1] == group.name:
            row = sent.setdefault(int(found[2]), {})
            if found[3]:
                row[found[3]] = value
    return [posted(group.fields, sent[at], language) for at in sorted(sent)]


def _clean(fields: Mapping[str, Field], data: Mapping[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, value in data.items():
        neat = _neat(fields.get(name), value)
        if neat != "":
            cleaned[name] = neat
    return cleaned


def _neat(field: Field | None, value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().upper() if field is not None and field.transform == "upper" else value.strip()
    if field is not None and field.is_group and isinstance(value, list):
        inside = {one.name: one for one in field.fields}
        return [_clean(inside, row) if isinstance(row, Mapping) else row for row in value] or ""
    if isinstance(value, float) and field is not None and field.schema.get("type") == "integer":
        return whole_of(value)
    return value


def _typed(field: Field, text: str, language: str) -> Any:
    for option in field.options:
        if option.posted == text:
            return option.value
    wanted = field.schema.get("type")
    if field.widget == "checkbox" and wanted == "boolean":
        return text in {"true", "on"}
    number = number_in(text, language) if wanted in {"integer", "number"} else None
    return text if number is None else number
