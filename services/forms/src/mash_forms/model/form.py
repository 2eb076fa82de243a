# SPDX-License-Identifier: EUPL-1.2
"""A form as people fill it in and offices decide on it: one immutable version, in one language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mash_forms.model.application import Outcome, State
from mash_forms.model.money import Money

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """Something a city says, with the page it was read from, or marked as demo data."""

    value: str
    source: str | None
    demo: bool


@dataclass(frozen=True)
class Fee:
    """What a service costs, and why."""

    id: str
    title: str
    money: Money
    legal_basis: str
    source: str | None
    demo: bool


@dataclass(frozen=True)
class Office:
    """Who decides, and how to reach them."""

    id: str
    title: str
    address: Fact | None
    phone: Fact | None
    email: Fact | None
    website: Fact | None
    hours: Fact | None


@dataclass(frozen=True)
class Option:
    """One choice of a radio group or select. `posted` is what a browser sends for it."""

    value: Any
    label: str

    @property
    def posted(self) -> str:
        return self.value if isinstance(self.value, str) else json.dumps(self.value)


@dataclass(frozen=True)
class Field:
    """One answer: how it is asked for and what is said when it is wrong."""

    name: str
    widget: str
    label: str
    help: str
    options: tuple[Option, ...]
    autocomplete: str
    prefill: str
    transform: str
    earliest: str
    errors: Mapping[str, tuple[str, str]]
    required: bool
    schema: Raw

    def complaint(self, keyword: str) -> tuple[str, str]:
        """Return reason and remedy for a failing JSON Schema keyword."""
        return self.errors.get(keyword) or self.errors["default"]


@dataclass(frozen=True)
class Section:
    """A step of the form with its fields, in the order asked."""

    id: str
    title: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Letter:
    """What is made when the office decided one way."""

    kind: str
    title: str
    text: str
    shows: tuple[str, ...]
    months: int | None
    valid_from: str | None
    demo: bool


@dataclass(frozen=True)
class Form:
    """A form. `definition` is the JSON it was read from; an application stays with it."""

    definition: Raw
    name: str
    version: str
    title: str
    summary: str
    keywords: tuple[str, ...]
    situations: tuple[str, ...]
    privacy: str
    legal_basis: tuple[Fact, ...]
    leika: Fact | None
    trust_level: int
    office: Office
    fee: Fee | None
    schema: Raw
    sections: tuple[Section, ...]
    states: Mapping[State, tuple[str, str]]
    letters: Mapping[Outcome, Letter]

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.name: field for section in self.sections for field in section.fields}

    @property
    def demo(self) -> bool:
        """Tell whether anything in it that a decision rests on is made up for the demo."""
        return bool(self.fee and self.fee.demo) or any(letter.demo for letter in self.letters.values())

    def shown(self, name: str, value: Any) -> str:
        """Return an answer as people read it."""
        field = self.fields.get(name)
        if value is None:
            return "–"
        for option in field.options if field else ():
            if option.value == value and isinstance(option.value, bool) == isinstance(value, bool):
                return option.label
        if isinstance(value, bool):
            return "Ja" if value else "Nein"
        if field and field.widget == "date" and isinstance(value, str):
            return ".".join(reversed(value.split("-")))
        return str(value)

    def answers(self, data: Raw, names: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
        """Return label and answer of the given fields (default: of all that were answered)."""
        wanted = tuple(self.fields) if names is None else names
        return [
            (self.fields[name].label, self.shown(name, data[name]))
            for name in wanted
            if name in self.fields and name in data
        ]

    def matches(self, query: str) -> bool:
        """Tell whether every word of a search occurs in title, summary or keywords."""
        text = " ".join((self.title, self.summary, *self.keywords)).casefold()
        return all(word in text for word in query.casefold().split())
