# SPDX-License-Identifier: EUPL-1.2
"""How the parts of a definition become typed: each raises KeyError, TypeError or ValueError if it cannot."""

from typing import Any

from mash_forms.model.expressions import Expression, Language
from mash_forms.model.files import Kind
from mash_forms.model.form import Fact, Fee, Field, Letter, Office, Option, Raw
from mash_forms.model.handover import Handover, Point
from mash_forms.model.levels import level_in
from mash_forms.model.money import MOST, Money

MAX_MB = 10
"""Megabytes of an uploaded file, at most, where its field does not say."""


def field_of(raw: Raw, schema: Raw, names: Language, language: str, floor: int) -> Field:
    """Read a field; `schema` is that of the object it belongs to, `floor` the trust level around it."""
    level = level_in(raw, floor)
    name = str_of(raw["path"]).removeprefix("/")
    errors = {}
    for keyword, said in raw["errors"].items():
        words: Raw = said.get(language) or next(iter(said.values()), {})
        errors[keyword] = (str_of(words["reason"]), str_of(words["remedy"]))
    if "default" not in errors:
        raise KeyError(f"{raw['path']}: errors.default")
    about = schema["properties"][name]
    if not isinstance(about, dict):
        raise TypeError(f"data.properties.{name} is no schema")
    return Field(
        name=name,
        widget=str_of(raw["widget"]),
        label=text_of(raw["label"], language),
        help=text_of(raw.get("help"), language),
        options=tuple(
            Option(option["value"], text_of(option["label"], language))
            for option in list_of(raw.get("options") or [])
        ),
        autocomplete=str_of(raw.get("autocomplete") or ""),
        prefill=str_of(raw.get("prefill") or ""),
        transform=str_of(raw.get("transform") or ""),
        earliest=str_of(raw.get("earliest") or ""),
        errors=errors,
        required=name in schema.get("required", ()),
        schema=about,
        when=expression(raw.get("when"), "boolean", names),
        fields=tuple(
            field_of(inside, about["items"], names, language, level)
            for inside in list_of(raw.get("fields") or [])
        ),
        item=text_of(raw.get("item"), language),
        add=text_of(raw.get("add"), language),
        types=tuple(Kind(kind).value for kind in list_of(raw.get("types") or [])),
        max_bytes=int_of(raw.get("max_mb", MAX_MB)) << 20,
        trust_level=level,
    )


def expression(source: Any, result: str, names: Language) -> Expression | None:
    """Read an optional piece of CEL."""
    return None if source is None else Expression(str_of(source), result, names)


def said_of(raw: Raw, language: str) -> tuple[str, str]:
    """Read a title and a text."""
    return text_of(raw["title"], language), text_of(raw["text"], language)


def office_of(raw: Raw) -> Office:
    """Read an office."""

    def fact(key: str) -> Fact | None:
        return fact_of(raw[key]) if key in raw else None

    address = raw.get("address")
    return Office(
        id=str_of(raw["id"]),
        title=str_of(raw["title"]),
        address=fact_of(address, f"{address['street']}, {address['postal_code']} {address['city']}")
        if address
        else None,
        phone=fact("phone"),
        email=fact("email"),
        website=fact("website"),
        hours=fact("hours"),
    )


def fee_of(fee_id: str, raw: Raw) -> Fee:
    """Read a fee."""
    if not 0 < int_of(raw["cents"]) <= MOST:
        raise ValueError(f"{raw['cents']} cents are no fee")
    return Fee(
        id=fee_id,
        title=str_of(raw["title"]),
        money=Money(raw["cents"], str_of(raw["currency"])),
        legal_basis=str_of(raw.get("legal_basis") or ""),
        source=_source(raw),
        demo=bool(raw.get("demo")),
    )


def letter_of(raw: Raw, schema: Raw, language: str) -> Letter:
    """Read what is made when the office decides one way."""
    validity = raw.get("validity") or {}
    valid_from = str_of(validity["from"]).removeprefix("/") if "from" in validity else None
    if valid_from is not None:
        asked = valid_from in schema.get("required", ())
        if not asked or schema["properties"][valid_from].get("format") != "date":
            raise ValueError(f"a letter is valid from {valid_from!r}, which is no date everybody has to give")
    return Letter(
        kind=str_of(raw["kind"]),
        title=text_of(raw["title"], language),
        text=text_of(raw["text"], language),
        shows=tuple(str_of(path).removeprefix("/") for path in list_of(raw.get("shows", []))),
        months=int_of(validity["months"]) if validity else None,
        valid_from=valid_from,
        demo=bool(validity.get("demo")),
    )


def handover_of(raw: Raw, names: Language, language: str) -> Handover:
    """Read what is prepared where another authority decides."""
    return Handover(
        title=text_of(raw["title"], language),
        text=text_of(raw["text"], language),
        shows=tuple(str_of(path).removeprefix("/") for path in list_of(raw["order"]["shows"])),
        order_source=_source(raw["order"]),
        notes=_points(raw.get("notes") or [], names, language),
        papers=_points(raw["papers"], names, language),
    )


def _points(raw: Any, names: Language, language: str) -> tuple[Point, ...]:
    return tuple(
        Point(
            text_of(point["title"], language),
            _source(point),
            bool(point.get("demo")),
            expression(point.get("when"), "boolean", names),
        )
        for point in list_of(raw)
    )


def fact_of(raw: Raw, value: str | None = None) -> Fact:
    """Read a fact with its origin."""
    return Fact(str_of(raw["value"] if value is None else value), _source(raw), bool(raw.get("demo")))


def _source(raw: Raw) -> str | None:
    return str_of(raw["source"]) if raw.get("source") is not None else None


def text_of(texts: Any, language: str) -> str:
    """What it says in a language, else in the first that is there."""
    return "" if texts is None else str_of(texts.get(language) or next(iter(texts.values()), None))


def str_of(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def int_of(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def list_of(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
