# SPDX-License-Identifier: EUPL-1.2
"""Right answers to any form, made of its own file: for journeys that go through every form of every city."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from jsonschema import Draft202012Validator

from mash_forms.model.complaints import complaints_of
from mash_forms.model.filling import Filled, fill
from mash_forms.model.form import APPOINTMENT, Field, Form
from mash_forms.model.formats import FORMATS
from mash_sdk.ids import new_id

EXAMPLES = (
    "Beispiel",
    "anna@example.org",
    "69117",
    "12 a",
    "HD-AB 123",
    "DE02120300000000202051",
    "12345678903",
    "WVWZZZ1JZ3W386752",
    "AB12C3D",
    "1990",
    "123/45",
)
"""Texts that forms with a pattern take; the first that fits is used."""
TRIES = 500


class NoAnswer(Exception):
    """A form asks for something that no answer was found to."""


def answered(form: Form, today: date, seed: int = 0) -> Filled:
    """Return a form filled in with right answers; the same seed gives the same. Raises NoAnswer.

    Files stand for themselves: ids of nothing, as often as the field asks for.
    """
    chance = random.Random(seed)  # noqa: S311 — no secret
    return filled_in(form, today, lambda field: _answer(field, today, chance))


def filled_in(form: Form, today: date, answer: Callable[[Field], Any], tries: int = TRIES) -> Filled:
    """Return a form filled in by what `answer` says to each field; rules between answers are met by asking
    it again. Raises NoAnswer.
    """
    data: dict[str, Any] = {}
    for _ in range(tries):
        filled = fill(form, data, today)
        # Which slots are free no file says: whoever need not have an appointment goes without.
        missing = {
            name
            for name, field in filled.fields.items()
            if name not in data and (field.required or field.widget != APPOINTMENT)
        }
        wrong = complaints_of(filled, today)
        if not missing and not wrong:
            return filled
        again = missing | {str(one.path[0]) for one in wrong}
        # What a rule looks at may have to change, too.
        for rule in form.rules:
            if rule.at[0] in again - missing:
                again |= rule.valid.names & form.fields.keys()
        for name in sorted(again):
            data[name] = answer(form.fields[name])
    raise NoAnswer(f"{form.name}: {complaints_of(fill(form, data, today), today)}")


def _answer(field: Field, today: date, chance: random.Random) -> Any:  # noqa: PLR0911 — one for each kind
    schema = field.schema
    if field.is_group:
        rows = range(max(field.least, 1))
        return [{inside.name: _answer(inside, today, chance) for inside in field.fields} for _ in rows]
    if field.widget == "upload":
        return [new_id() for _ in range(max(field.least, 1))]
    if "const" in schema or "enum" in schema:
        return chance.choice(schema.get("enum") or [schema["const"]])
    kind = schema["type"]
    if kind == "boolean":
        return chance.random() < 0.5  # noqa: PLR2004 — a coin
    if kind in {"integer", "number"}:
        return chance.randint(int(schema.get("minimum", 1)), int(schema.get("maximum", 100_000)))
    if schema.get("format") == "date":
        ahead = field.earliest == "today" or chance.random() < 0.5  # noqa: PLR2004 — a coin
        days = chance.randint(1, 300) if ahead else -chance.randint(1, 9000)
        return (today + timedelta(days=days)).isoformat()
    allowed = Draft202012Validator(schema, format_checker=FORMATS)
    for example in EXAMPLES:
        if allowed.is_valid(example):
            return example
    raise NoAnswer(f"{field.name}: no example fits {dict(schema)}; add one")
