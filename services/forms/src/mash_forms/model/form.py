# SPDX-License-Identifier: EUPL-1.2
"""A form as a city wrote it (cities/README.md), with its office and fee resolved, and its version.

The definition is kept as JSON next to the typed view, because an application stays with its version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mash_forms.model.application import Outcome, State
from mash_forms.model.money import Money

Raw = Mapping[str, Any]


class BrokenForm(Exception):
    """A form's definition cannot be used; the text says what is wrong."""


@dataclass(frozen=True)
class Fact:
    """Something a city says, with the page it was read from, or marked as demo data."""

    value: str
    source: str | None
    demo: bool

    @classmethod
    def read(cls, raw: Raw, value: str | None = None) -> Fact:
        return cls(str(raw["value"]) if value is None else value, raw.get("source"), bool(raw.get("demo")))


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
    """One immutable version of a form, in one language."""

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


def define(form: Raw, office: Raw, fee: Raw | None) -> dict[str, Any]:
    """Bring a form, its office and its fee together as plain JSON (YAML and TOML know dates)."""
    together = {"form": form, "office": office, "fee": fee}
    plain: dict[str, Any] = json.loads(json.dumps(together, default=str, sort_keys=True))
    return plain


def read_form(definition: Raw, language: str = "de") -> Form:
    """Make the typed view of a definition. Raises BrokenForm."""
    try:
        return _read(definition, language)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BrokenForm(f"{type(fault).__name__}: {fault}") from fault


def _read(definition: Raw, language: str) -> Form:
    raw = definition["form"]

    def text(texts: Mapping[str, str] | None) -> str:
        return "" if texts is None else texts.get(language) or next(iter(texts.values()))

    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    schema = raw["data"]
    sections = tuple(
        Section(
            step["id"],
            text(step["title"]),
            text(step.get("text")),
            tuple(_field(field, schema, text, language) for field in step["fields"]),
        )
        for step in raw["steps"]
    )
    return Form(
        definition=definition,
        name=raw["name"],
        version=f"{raw['version']}-{digest[:8]}",
        title=text(raw["title"]),
        summary=text(raw["summary"]),
        keywords=tuple(raw.get("keywords", {}).get(language, ())),
        situations=tuple(raw["situations"]),
        privacy=text(raw["privacy"]),
        legal_basis=tuple(Fact.read(basis, basis["title"]) for basis in raw["legal_basis"]),
        leika=Fact.read(raw["leika"]) if raw.get("leika") else None,
        trust_level=int(raw["trust_level"]),
        office=_office(definition["office"]),
        fee=_fee(raw["fee"], definition["fee"]) if raw.get("fee") else None,
        schema=schema,
        sections=sections,
        states={
            State(name): (text(said["title"]), text(said["text"])) for name, said in raw["states"].items()
        },
        letters={
            outcome: _letter(raw["decision"][outcome.value.lower()], text)
            for outcome in (Outcome.APPROVED, Outcome.REJECTED)
        },
    )


def _field(raw: Raw, schema: Raw, text: Any, language: str) -> Field:
    name = raw["path"].removeprefix("/")
    errors = {}
    for keyword, said in raw["errors"].items():
        words = said.get(language) or next(iter(said.values()))
        errors[keyword] = (words["reason"], words["remedy"])
    if "default" not in errors:
        raise KeyError(f"{raw['path']}: errors.default")
    return Field(
        name=name,
        widget=raw["widget"],
        label=text(raw["label"]),
        help=text(raw.get("help")),
        options=tuple(Option(option["value"], text(option["label"])) for option in raw.get("options", ())),
        autocomplete=raw.get("autocomplete", ""),
        prefill=raw.get("prefill", ""),
        transform=raw.get("transform", ""),
        earliest=raw.get("earliest", ""),
        errors=errors,
        required=name in schema.get("required", ()),
        schema=schema["properties"][name],
    )


def _office(raw: Raw) -> Office:
    def fact(key: str) -> Fact | None:
        return Fact.read(raw[key]) if key in raw else None

    address = raw.get("address")
    return Office(
        id=raw["id"],
        title=raw["title"],
        address=Fact.read(address, f"{address['street']}, {address['postal_code']} {address['city']}")
        if address
        else None,
        phone=fact("phone"),
        email=fact("email"),
        website=fact("website"),
        hours=fact("hours"),
    )


def _fee(fee_id: str, raw: Raw) -> Fee:
    return Fee(
        id=fee_id,
        title=raw["title"],
        money=Money(int(raw["cents"]), raw["currency"]),
        legal_basis=raw.get("legal_basis", ""),
        source=raw.get("source"),
        demo=bool(raw.get("demo")),
    )


def _letter(raw: Raw, text: Any) -> Letter:
    validity = raw.get("validity") or {}
    return Letter(
        kind=raw["kind"],
        title=text(raw["title"]),
        text=text(raw["text"]),
        shows=tuple(path.removeprefix("/") for path in raw.get("shows", ())),
        months=validity.get("months"),
        valid_from=validity["from"].removeprefix("/") if "from" in validity else None,
        demo=bool(validity.get("demo")),
    )
