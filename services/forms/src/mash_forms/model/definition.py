# SPDX-License-Identifier: EUPL-1.2
"""From what a city wrote (docs/reference/form-file.md) to a form: office and fees resolved, version derived.

The definition is kept as JSON, because an application stays with its version of the form.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import SchemaError

from mash_forms.model.application import Outcome, State
from mash_forms.model.checks import faults
from mash_forms.model.cosigning import cosigner_of
from mash_forms.model.expressions import Expression, Language
from mash_forms.model.form import LANGUAGES, Charge, Computed, Form, Raw, Rule, Section
from mash_forms.model.handing import hands_to_of
from mash_forms.model.levels import LEVELS, level_in
from mash_forms.model.money import CURRENCIES
from mash_forms.model.processing import processing_of
from mash_forms.model.reading import (
    expression,
    fact_of,
    fee_of,
    field_of,
    handover_of,
    letter_of,
    list_of,
    office_of,
    said_of,
    str_of,
    text_of,
)
from mash_forms.model.representing import expanded, representations_of
from mash_forms.model.storable import storable
from mash_forms.model.workflow import workflow_of


class BrokenForm(Exception):
    """A form's definition cannot be used; the text says what is wrong."""


def define(form: Raw, office: Raw, fees: Mapping[str, Raw]) -> dict[str, Any]:
    """Bring a form, its office and its fees (by id) together as plain JSON (YAML and TOML know dates).

    Raises BrokenForm if it could not be kept, or its answers could not be checked.
    """
    together = {"form": form, "office": office, "fees": fees}
    try:
        text = json.dumps(together, default=str, sort_keys=True, allow_nan=False)
        plain: dict[str, Any] = json.loads(text)
        found = [f"{'.'.join(map(str, place))}: {what}" for place, what in faults(plain["form"])]
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, SchemaError) as fault:
        raise _broken(fault) from fault
    found += _other_money(plain["fees"])
    if not storable(plain):
        found.append("it holds a character that cannot be kept")
    if found:
        raise BrokenForm("; ".join(found))
    return plain


def _other_money(fees: Mapping[str, Any]) -> list[str]:
    """What nobody could pay. Kept definitions are read whatever they say."""
    found = [
        f"the fee {fee_id} is in {fee.get('currency')}; payments take {' or '.join(sorted(CURRENCIES))}"
        for fee_id, fee in fees.items()
        if fee.get("currency") not in CURRENCIES
    ]
    if len({fee.get("currency") for fee in fees.values()}) > 1:
        found.append("its fees are in several currencies")
    return found


def content_of(form: Raw) -> str:
    """Return the fingerprint of what a form's file says, whatever office and fees say at the time."""
    text = json.dumps(form, default=str, sort_keys=True, allow_nan=False)
    return hashlib.sha256(json.dumps(json.loads(text), sort_keys=True).encode()).hexdigest()


def read_form(definition: Raw, language: str = "de") -> Form:
    """Make the typed view of a definition. Raises BrokenForm."""
    try:
        return _read(definition, language)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as fault:
        raise _broken(fault) from fault


def fees_of(form: Raw) -> list[str]:
    """Return the ids of the fees that a form may charge."""
    fee = form.get("fee")
    return (
        [] if fee is None else [fee] if isinstance(fee, str) else [str_of(one["id"]) for one in list_of(fee)]
    )


def _broken(fault: Exception) -> BrokenForm:
    return BrokenForm(f"{type(fault).__name__}: {fault}"[:500])


def _read(definition: Raw, language: str) -> Form:
    raw = expanded(definition["form"])
    schema = raw["data"]
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    worked_out = list_of(raw.get("computed") or [])
    names = Language.of(
        schema["properties"], {str_of(one["name"]): str_of(one["type"]) for one in worked_out}
    )
    handover = handover_of(raw["handover"], names, language) if raw.get("handover") else None
    if raw["trust_level"] not in LEVELS:
        raise ValueError("trust_level is none of 1 to 4")
    return Form(
        definition=definition,
        name=str_of(raw["name"]),
        version=f"{str_of(raw['version'])}-{digest[:8]}",
        languages=tuple(str_of(one) for one in list_of(raw.get("languages") or [language])),
        spoken=language if language in LANGUAGES else "de",
        title=text_of(raw["title"], language),
        summary=text_of(raw["summary"], language),
        keywords=tuple(str_of(word) for word in list_of(raw.get("keywords", {}).get(language, []))),
        situations=tuple(str_of(slug) for slug in list_of(raw["situations"])),
        privacy=text_of(raw["privacy"], language),
        legal_basis=tuple(fact_of(basis, basis["title"]) for basis in list_of(raw["legal_basis"])),
        leika=fact_of(raw["leika"]) if raw.get("leika") else None,
        trust_level=int(raw["trust_level"]),
        office=office_of(definition["office"]),
        charges=_charges(raw, definition, names),
        schema=schema,
        language=names,
        sections=tuple(
            _section(step, schema, names, language, raw["trust_level"]) for step in list_of(raw["steps"])
        ),
        computed=tuple(
            Computed(
                one["name"],
                text_of(one["label"], language),
                Expression(str_of(one["value"]), one["type"], names),
            )
            for one in worked_out
        ),
        rules=tuple(_rule(rule, names, language) for rule in list_of(raw.get("rules") or [])),
        states={state: said_of(raw["states"][state.value], language) for state in State if not handover},
        letters={
            outcome: letter_of(raw["decision"][outcome.value.lower()], schema, language)
            for outcome in Outcome
            if not handover
        },
        workflow=workflow_of(raw.get("workflow"), language),
        handover=handover,
        cosigner=cosigner_of(raw.get("cosigner"), names, language, raw["trust_level"]),
        represents=representations_of(raw, language),
        hands_to=hands_to_of(raw.get("hands_to")),
        processing=processing_of(raw.get("processing"), names, language),
        keeps={str_of(kind): str_of(keep["keep"]) for kind, keep in raw.get("retention", {}).items()},
    )


def _charges(raw: Raw, definition: Raw, names: Language) -> tuple[Charge, ...]:
    # Definitions kept before there could be several fees hold one.
    fees = definition["fees"] if "fees" in definition else {raw.get("fee"): definition["fee"]}
    fee = raw.get("fee")
    if fee is None:
        return ()
    if isinstance(fee, str):
        return (Charge(fee_of(fee, fees[fee])),)
    return tuple(
        Charge(
            fee_of(one["id"], fees[one["id"]]),
            expression(one.get("when"), "boolean", names),
            expression(one.get("times"), "integer", names),
        )
        for one in list_of(fee)
    )


def _section(step: Raw, schema: Raw, names: Language, language: str, floor: int) -> Section:
    level = level_in(step, floor)
    return Section(
        str_of(step["id"]),
        text_of(step["title"], language),
        text_of(step.get("text"), language),
        tuple(field_of(field, schema, names, language, level) for field in list_of(step["fields"])),
        expression(step.get("when"), "boolean", names),
    )


def _rule(raw: Raw, names: Language, language: str) -> Rule:
    words = raw["says"].get(language) or next(iter(raw["says"].values()))
    valid = Expression(str_of(raw["valid"]), "boolean", names)
    at = tuple(str_of(raw["at"]).removeprefix("/").split("/"))
    return Rule(at, valid, str_of(words["reason"]), str_of(words["remedy"]))
