# SPDX-License-Identifier: EUPL-1.2
"""From what a city wrote (cities/README.md) to a form: its office and fee resolved, its version derived.

The definition is kept as JSON, because an application stays with its version of the form.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from mash_forms.model.application import Outcome, State
from mash_forms.model.form import Fact, Fee, Field, Form, Letter, Office, Option, Raw, Section
from mash_forms.model.money import Money
from mash_forms.model.storable import storable

RESERVED = frozenset({"id", "csrf"})
"""What apply.html itself sends beside the answers."""
LEVELS = range(1, 5)
MOST = 2**63 - 1
"""The largest amount in cents that the database holds."""


class BrokenForm(Exception):
    """A form's definition cannot be used; the text says what is wrong."""


def define(form: Raw, office: Raw, fee: Raw | None) -> dict[str, Any]:
    """Bring a form, its office and its fee together as plain JSON (YAML and TOML know dates).

    Raises BrokenForm if it could not be kept, or its answers could not be checked.
    """
    together = {"form": form, "office": office, "fee": fee}
    try:
        text = json.dumps(together, default=str, sort_keys=True, allow_nan=False)
        plain: dict[str, Any] = json.loads(text)
        faults = list(_faults(plain["form"]["data"]))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, SchemaError) as fault:
        raise _broken(fault) from fault
    if not storable(plain):
        faults.append("it holds a character that cannot be kept")
    if faults:
        raise BrokenForm("; ".join(faults))
    return plain


def read_form(definition: Raw, language: str = "de") -> Form:
    """Make the typed view of a definition. Raises BrokenForm."""
    try:
        return _read(definition, language)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise _broken(fault) from fault


def _broken(fault: Exception) -> BrokenForm:
    return BrokenForm(f"{type(fault).__name__}: {fault}"[:500])


def _faults(schema: Raw) -> Iterator[str]:
    Draft202012Validator.check_schema(schema)
    for name in sorted(RESERVED & schema["properties"].keys()):
        yield f"a field cannot be called {name!r}: the page sends that itself"
    if "$ref" in _keys(schema):
        yield "its data refer elsewhere ($ref)"


def _keys(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
    for inside in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _keys(inside)


def _read(definition: Raw, language: str) -> Form:
    raw, schema = definition["form"], definition["form"]["data"]
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    sections = tuple(
        Section(
            _str(step["id"]),
            _text(step["title"], language),
            _text(step.get("text"), language),
            tuple(_field(field, schema, language) for field in _list(step["fields"])),
        )
        for step in _list(raw["steps"])
    )
    if raw["trust_level"] not in LEVELS:
        raise ValueError("trust_level is none of 1 to 4")
    return Form(
        definition=definition,
        name=_str(raw["name"]),
        version=f"{_str(raw['version'])}-{digest[:8]}",
        title=_text(raw["title"], language),
        summary=_text(raw["summary"], language),
        keywords=tuple(_str(word) for word in _list(raw.get("keywords", {}).get(language, []))),
        situations=tuple(_str(slug) for slug in _list(raw["situations"])),
        privacy=_text(raw["privacy"], language),
        legal_basis=tuple(_fact(basis, basis["title"]) for basis in _list(raw["legal_basis"])),
        leika=_fact(raw["leika"]) if raw.get("leika") else None,
        trust_level=int(raw["trust_level"]),
        office=_office(definition["office"]),
        fee=_fee(_str(raw["fee"]), definition["fee"]) if raw.get("fee") else None,
        schema=schema,
        sections=sections,
        states={state: _state(raw["states"][state.value], language) for state in State},
        letters={
            outcome: _letter(raw["decision"][outcome.value.lower()], schema, language) for outcome in Outcome
        },
    )


def _field(raw: Raw, schema: Raw, language: str) -> Field:
    name = _str(raw["path"]).removeprefix("/")
    errors = {}
    for keyword, said in raw["errors"].items():
        words: Raw = said.get(language) or next(iter(said.values()), {})
        errors[keyword] = (_str(words["reason"]), _str(words["remedy"]))
    if "default" not in errors:
        raise KeyError(f"{raw['path']}: errors.default")
    about = schema["properties"][name]
    if not isinstance(about, dict):
        raise TypeError(f"data.properties.{name} is no schema")
    return Field(
        name=name,
        widget=_str(raw["widget"]),
        label=_text(raw["label"], language),
        help=_text(raw.get("help"), language),
        options=tuple(
            Option(option["value"], _text(option["label"], language))
            for option in _list(raw.get("options") or [])
        ),
        autocomplete=_str(raw.get("autocomplete") or ""),
        prefill=_str(raw.get("prefill") or ""),
        transform=_str(raw.get("transform") or ""),
        earliest=_str(raw.get("earliest") or ""),
        errors=errors,
        required=name in schema.get("required", ()),
        schema=about,
    )


def _state(raw: Raw, language: str) -> tuple[str, str]:
    return _text(raw["title"], language), _text(raw["text"], language)


def _office(raw: Raw) -> Office:
    def fact(key: str) -> Fact | None:
        return _fact(raw[key]) if key in raw else None

    address = raw.get("address")
    return Office(
        id=_str(raw["id"]),
        title=_str(raw["title"]),
        address=_fact(address, f"{address['street']}, {address['postal_code']} {address['city']}")
        if address
        else None,
        phone=fact("phone"),
        email=fact("email"),
        website=fact("website"),
        hours=fact("hours"),
    )


def _fee(fee_id: str, raw: Raw) -> Fee:
    if not 0 < _int(raw["cents"]) <= MOST:
        raise ValueError(f"{raw['cents']} cents are no fee")
    return Fee(
        id=fee_id,
        title=_str(raw["title"]),
        money=Money(raw["cents"], _str(raw["currency"])),
        legal_basis=_str(raw.get("legal_basis") or ""),
        source=_source(raw),
        demo=bool(raw.get("demo")),
    )


def _letter(raw: Raw, schema: Raw, language: str) -> Letter:
    validity = raw.get("validity") or {}
    valid_from = _str(validity["from"]).removeprefix("/") if "from" in validity else None
    if valid_from is not None:
        asked = valid_from in schema.get("required", ())
        if not asked or schema["properties"][valid_from].get("format") != "date":
            raise ValueError(f"a letter is valid from {valid_from!r}, which is no date everybody has to give")
    return Letter(
        kind=_str(raw["kind"]),
        title=_text(raw["title"], language),
        text=_text(raw["text"], language),
        shows=tuple(_str(path).removeprefix("/") for path in _list(raw.get("shows", []))),
        months=_int(validity["months"]) if validity else None,
        valid_from=valid_from,
        demo=bool(validity.get("demo")),
    )


def _fact(raw: Raw, value: str | None = None) -> Fact:
    return Fact(_str(raw["value"] if value is None else value), _source(raw), bool(raw.get("demo")))


def _source(raw: Raw) -> str | None:
    return _str(raw["source"]) if raw.get("source") is not None else None


def _text(texts: Any, language: str) -> str:
    """What it says in a language, else in the first that is there."""
    return "" if texts is None else _str(texts.get(language) or next(iter(texts.values()), None))


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _int(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
