# SPDX-License-Identifier: EUPL-1.2
"""A form as people fill it in and offices decide on it: one immutable version, in one language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mash_forms.model.application import Outcome, State
from mash_forms.model.cosigning import Cosigner
from mash_forms.model.expressions import Expression, Language
from mash_forms.model.formats import FORMATS, Validator
from mash_forms.model.handover import Handover
from mash_forms.model.money import Money
from mash_forms.model.numbers import number_said
from mash_forms.model.processing import Processing
from mash_forms.model.representing import Representation
from mash_forms.model.times import moment_said, wall_time
from mash_forms.model.workflow import Workflow

Raw = Mapping[str, Any]
LANGUAGES = {"de": "Deutsch", "en": "English", "de-simple": "Leichte Sprache"}
"""Languages a form may be in, as BCP 47 names them, and as they call themselves."""
_YES = {"de": ("Ja", "Nein"), "en": ("Yes", "No"), "de-simple": ("Ja", "Nein")}
_FILES = {"de": ("Datei", "Dateien"), "en": ("file", "files"), "de-simple": ("Datei", "Dateien")}
APPOINTMENT = "appointment"
"""The widget that asks for a slot of the office."""
MOST_ROWS = 20
"""Rows of a group, at most, where its schema does not say."""


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
class Charge:
    """A fee that is due `times` over (default: once), if `when` holds (default: always)."""

    fee: Fee
    when: Expression | None = None
    times: Expression | None = None


@dataclass(frozen=True)
class Computed:
    """A value that the form works out of the answers; nobody is asked for it."""

    name: str
    label: str
    value: Expression


@dataclass(frozen=True)
class Rule:
    """What has to hold between answers. Where it does not, this is said at a field."""

    at: tuple[str, ...]
    """The field's name; in a group, the group's name and the field's."""
    valid: Expression
    reason: str
    remedy: str


@dataclass(frozen=True)
class Field:
    """One answer: how it is asked for and what is said when it is wrong.

    A group (widget `group`) asks `fields` as often as the applicant adds rows.
    """

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
    when: Expression | None = None
    fields: tuple[Field, ...] = ()
    item: str = ""
    add: str = ""
    types: tuple[str, ...] = ()
    max_bytes: int = 0
    trust_level: int = 1
    """What a login has to reach for an answer: the form's, its step's or its own, whichever is highest."""

    @property
    def is_group(self) -> bool:
        return self.widget == "group"

    @property
    def most(self) -> int:
        """How many rows a group, or files an upload, may have."""
        return int(self.schema.get("maxItems", MOST_ROWS))

    @property
    def least(self) -> int:
        return int(self.schema.get("minItems", 0))

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
    when: Expression | None = None


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
    languages: tuple[str, ...]
    """What it is written in, the city's own first."""
    spoken: str
    """The one of them it was read in."""
    title: str
    summary: str
    keywords: tuple[str, ...]
    situations: tuple[str, ...]
    privacy: str
    legal_basis: tuple[Fact, ...]
    leika: Fact | None
    trust_level: int
    office: Office
    charges: tuple[Charge, ...]
    schema: Raw
    language: Language
    sections: tuple[Section, ...]
    computed: tuple[Computed, ...]
    rules: tuple[Rule, ...]
    states: Mapping[State, tuple[str, str]]
    letters: Mapping[Outcome, Letter]
    workflow: Workflow
    processing: Processing
    keeps: Mapping[str, str]
    """Class of data (draft, application, document) → how long it is kept, an ISO 8601 duration."""
    handover: Handover | None = None
    """Where another authority decides: the form ends in a prepared document and has no states or letters."""
    cosigner: Cosigner | None = None
    """Who else has to sign."""
    represents: tuple[Representation, ...] = ()
    """Whom one may act for with it, besides oneself."""
    hands_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the answers that a module is told once it is approved, by module."""

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.name: field for section in self.sections for field in section.fields}

    @cached_property
    def validator(self) -> Any:
        """Checks answers by the schema."""
        return Validator(self.schema, format_checker=FORMATS)

    @cached_property
    def appointment(self) -> Field | None:
        """The question for an appointment with the office, if there is one."""
        return next((field for field in self.fields.values() if field.widget == APPOINTMENT), None)

    @cached_property
    def lasting(self) -> tuple[str, ...]:
        """Answers and computed values that hold as they were given; an appointment may be changed later."""
        known = (*self.fields, *(one.name for one in self.computed))
        return tuple(name for name in known if self.appointment is None or name != self.appointment.name)

    @property
    def declared(self) -> str:
        """The version its file declares."""
        return str(self.definition["form"]["version"])

    @cached_property
    def content(self) -> str:
        """The fingerprint of what its file says, whatever office and fees say at the time."""
        text = json.dumps(self.definition["form"], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def fee(self) -> Fee | None:
        """The fee of a form that costs everybody the same."""
        only = self.charges[0] if len(self.charges) == 1 else None
        return only.fee if only and only.when is None and only.times is None else None

    @property
    def demo_fee(self) -> bool:
        """Tell whether any fee it may charge is made up for the demo."""
        return any(charge.fee.demo for charge in self.charges)

    @property
    def demo(self) -> bool:
        """Tell whether anything in it that a decision rests on is made up for the demo."""
        prepared = self.handover is not None and self.handover.demo
        return prepared or self.demo_fee or any(letter.demo for letter in self.letters.values())

    def shown(self, name: str, value: Any) -> str:
        """Return an answer as people read it."""
        return self._shown(self.fields.get(name), value)

    def _shown(self, field: Field | None, value: Any) -> str:
        if value is None:
            return "–"
        for option in field.options if field else ():
            if option.value == value and isinstance(option.value, bool) == isinstance(value, bool):
                return option.label
        if field is not None and field.widget == "upload":
            return f"{len(value)} {_FILES[self.spoken][len(value) != 1]}"
        if isinstance(value, bool):
            return _YES[self.spoken][not value]
        if isinstance(value, int | float):
            return number_said(value, self.spoken)
        return _time_said(field, value, self.spoken) or str(value)

    def answers(self, data: Raw, names: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
        """Return label and answer of the given fields (default: of all that were answered)."""
        computed = {one.name: one.label for one in self.computed}
        wanted = (*self.fields, *computed) if names is None else names
        rows: list[tuple[str, str]] = []
        for name in wanted:
            if name not in data:
                continue
            if name in computed:
                rows.append((computed[name], self._shown(None, data[name])))
            elif name in self.fields:
                rows += self.said(self.fields[name], data[name])
        return rows

    def said(self, field: Field, value: Any) -> list[tuple[str, str]]:
        """Return label and answer of one field; of a group, those of all its rows."""
        if not field.is_group:
            return [(field.label, self._shown(field, value))]
        return [
            (f"{field.item} {number}: {inside.label}", self._shown(inside, row[inside.name]))
            for number, row in enumerate(value, start=1)
            for inside in field.fields
            if inside.name in row
        ]

    def matches(self, query: str) -> bool:
        """Tell whether every word of a search occurs in title, summary or keywords."""
        text = " ".join((self.title, self.summary, *self.keywords)).casefold()
        return all(word in text for word in query.casefold().split())


def _time_said(field: Field | None, value: Any, language: str) -> str:
    """Return a day or an appointment as people read it; empty if it is neither."""
    if field and field.widget == "date" and isinstance(value, str):
        return ".".join(reversed(value.split("-")))
    at = wall_time(value) if field and field.widget == APPOINTMENT else None
    return moment_said(at, language) if at else ""
