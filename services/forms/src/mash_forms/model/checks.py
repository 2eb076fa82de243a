# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a form as written, beyond the shape of its file: place in the file and reason.

`./mash city check` says it with the line; the service refuses such a form when it is loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mash_forms.model.cosigner_checks import cosigner_faults
from mash_forms.model.expressions import RESERVED, RESULTS, ROW, TODAY, BadExpression, Expression, Language
from mash_forms.model.fee_checks import fee_faults
from mash_forms.model.form import APPOINTMENT, Raw
from mash_forms.model.formats import Validator, check_schema
from mash_forms.model.handing import hands_to_faults
from mash_forms.model.processing import REGISTERS
from mash_forms.model.reach import Reach, reach
from mash_forms.model.representing import expanded, represents_faults
from mash_forms.model.schema_checks import schema_faults
from mash_forms.model.workflow_checks import workflow_faults

REVIEW, HANDOVER, REUSE, STRONGER, SIGNATURE = "review", "handover", "reuse", "stronger", "signature"
"""Pages that forms have by themselves: no step can be called so."""
Place = tuple[str | int, ...]
Found = tuple[Place, str]


def faults(form: Raw) -> Iterator[Found]:
    """Every fault of a form's data, expressions and reachability. Raises SchemaError or KeyError and the
    like where it has not the shape that its file should have.
    """
    own = list(represents_faults(form))
    yield from own
    if own:
        return
    whole = expanded(form)
    more = len(whole["steps"]) - len(form["steps"])
    for place, what in _faults(whole):
        if place[:1] != ("steps",) or len(place) == 1:
            yield place, what
        else:
            at = int(place[1]) - more
            yield (("steps", at, *place[2:]) if at >= 0 else ("represents",)), what


def _faults(form: Raw) -> Iterator[Found]:
    check_schema(form["data"])
    properties: Mapping[str, Any] = form["data"]["properties"]
    structural = [*_structure(form, properties), *workflow_faults(form)]
    yield from structural
    if structural:
        return
    computed = {one["name"]: one["type"] for one in form.get("computed") or []}
    names = Language.of(properties, computed)
    broken = list(_expressions(form, names))
    yield from broken
    yield from _processing(form)
    yield from cosigner_faults(form)
    yield from hands_to_faults(form)
    if not broken:
        yield from _reachable(form, names, properties)


def _structure(form: Raw, properties: Mapping[str, Any]) -> Iterator[Found]:
    for name in sorted(RESERVED & properties.keys()):
        yield ("data", "properties", name), f"a field cannot be called {name!r}: the page sends that itself"
    elsewhere = list(_references(form["data"], ("data",)))
    yield from ((place, "data refer elsewhere ($ref); write out what is meant") for place in elsewhere)
    if elsewhere:
        return
    yield from schema_faults(form["data"])
    yield from _pages(form)
    yield from _levels(form)
    for index, one in enumerate(form.get("computed") or []):
        if one["name"] in properties.keys() | RESERVED:
            what = f"a computed value cannot be called {one['name']!r}: an answer or the page is called so"
            yield ("computed", index, "name"), what
        if one["type"] not in RESULTS:
            yield ("computed", index, "type"), f"{one['type']} is no type; choose one of {', '.join(RESULTS)}"
    for place, field, about in _fields(form, properties):
        if isinstance(about, Mapping):
            yield from _field(place, field, about)
    yield from _appointments(form, properties)
    if form.get("handover"):
        yield from _handover(form, properties)


def _pages(form: Raw) -> Iterator[Found]:
    ids = [step["id"] for step in form["steps"]]
    for at, step_id in enumerate(ids):
        if step_id in {REVIEW, HANDOVER, REUSE, STRONGER, SIGNATURE} or ids.index(step_id) < at:
            yield ("steps", at, "id"), f"{step_id} is the name of another page; choose another"


def _levels(form: Raw) -> Iterator[Found]:
    """A level that is no higher than the one around it says nothing, and hides a mistake."""
    for at, step in enumerate(form["steps"]):
        around = form.get("trust_level", 1)
        places: list[tuple[Place, Raw]] = [(("steps", at), step)]
        places += [(("steps", at, "fields", index), field) for index, field in enumerate(step["fields"])]
        for place, raw in places:
            level = raw.get("trust_level")
            if level is not None and level <= around:
                what = f"asks for trust level {level}, and {around} is needed there anyway; remove it"
                yield (*place, "trust_level"), what
            if raw is step and level is not None:
                around = max(around, level)


def _handover(form: Raw, properties: Mapping[str, Any]) -> Iterator[Found]:
    """Nothing is handed in to us: so there is nothing to decide, to pay or to send along."""
    for key in ("fee", "states", "decision"):
        if form.get(key):
            yield (key,), f"another authority decides (handover), so there is no {key}; remove it"
    for place, field, _ in _fields(form, properties):
        if field["widget"] == "upload":
            yield (*place, "widget"), "another authority decides (handover), so nothing is uploaded here"
    shown = [path.removeprefix("/") for path in form["handover"]["order"]["shows"]]
    known = [*properties, *(one["name"] for one in form.get("computed") or [])]
    for at, name in enumerate(shown):
        if name not in known or name in shown[:at]:
            yield ("handover", "order", "shows", at), f"/{name} is no answer of the form, or there twice"
    for name in sorted(properties.keys() - set(shown)):
        yield ("handover", "order", "shows"), f"/{name} is asked, and not in the document; add it"


def _field(place: Place, field: Raw, about: Raw) -> Iterator[Found]:
    rows = about.get("type") == "array" and "properties" in (about.get("items") or {})
    if (field["widget"] == "group") != rows:
        yield (*place, "widget"), "the widget `group` and an array of objects belong together"
    elif rows:
        yield from _group(place, field, about["items"])
    if (field["widget"] == "upload") != (about.get("type") == "array" and not rows):
        yield (*place, "widget"), "the widget `upload` and an array of strings belong together"
    allowed = Validator(about)
    for at, option in enumerate(field.get("options") or []):
        if not allowed.is_valid(option["value"]):
            yield (*place, "options", at), f"{option['value']!r} is not what data allow for {field['path']}"
    offered = [option["value"] for option in field.get("options") or []]
    for value in about.get("enum") or [] if offered else []:
        if value not in offered:
            yield (*place, "options"), f"{value!r} is in data, and nobody can choose it; add or remove it"


def _appointments(form: Raw, properties: Mapping[str, Any]) -> Iterator[Found]:
    seen = False
    for place, field, about in _fields(form, properties):
        moment = isinstance(about, Mapping) and about.get("format") == "date-time"
        if (field["widget"] == APPOINTMENT) != moment:
            yield (
                (*place, "widget"),
                "the widget `appointment` and a string of format date-time belong together",
            )
        if field["widget"] != APPOINTMENT:
            continue
        if seen:
            yield (*place, "widget"), "a form has one appointment; remove the other question"
        if form.get("handover"):
            yield (*place, "widget"), "another authority decides (handover), so there is no appointment here"
        if "taken" not in field["errors"]:
            yield (*place, "errors"), "has no `taken`; add what to say if somebody else has the slot by then"
        seen = True


def _group(place: Place, field: Raw, rows: Raw) -> Iterator[Found]:
    asked = [inside["path"].removeprefix("/") for inside in field.get("fields") or []]
    for name in sorted(rows["properties"].keys() - set(asked)):
        yield (*place, "fields"), f"{name} is in no row of {field['path']}; ask for it or remove it"
    for at, name in enumerate(asked):
        if name not in rows["properties"] or asked.count(name) > 1:
            yield (
                (*place, "fields", at, "path"),
                f"/{name} is not exactly once in the rows of {field['path']}",
            )
        if field["fields"][at]["widget"] in {"group", "upload", APPOINTMENT}:
            yield (*place, "fields", at, "widget"), "a row holds neither groups nor uploads nor appointments"


def _fields(form: Raw, properties: Mapping[str, Any]) -> Iterator[tuple[Place, Raw, Any]]:
    for step_at, step in enumerate(form["steps"]):
        for at, field in enumerate(step["fields"]):
            name = field["path"].removeprefix("/")
            yield ("steps", step_at, "fields", at), field, properties.get(name)


def _expressions(form: Raw, names: Language) -> Iterator[Found]:
    for place, source, result, allowed in (*_conditions(form), *_values(form, names)):
        expression = Expression(source, result, names)
        try:
            expression.check()
        except BadExpression as fault:
            yield place, f"{source!r} {fault}"
            continue
        if late := sorted(expression.names - allowed - {TODAY}):
            yield place, f"looks at {', '.join(late)}, which nobody has been asked for by then"
    targets = {
        field["path"].removeprefix("/"): {
            inside["path"].removeprefix("/") for inside in field.get("fields") or []
        }
        for _, field, _ in _fields(form, {})
    }
    for at, rule in enumerate(form.get("rules") or []):
        field, _, inside = rule["at"].removeprefix("/").partition("/")
        if field not in targets or (inside and inside not in targets[field]):
            yield ("rules", at, "at"), f"{rule['at']} is asked in no step"


def _conditions(form: Raw) -> Iterator[tuple[Place, str, str, frozenset[str]]]:
    """Conditions look at what is asked before them: so one pass through the form settles them."""
    before: set[str] = {one["name"] for one in form.get("computed") or []}
    for at, step in enumerate(form["steps"]):
        if step.get("when") is not None:
            yield ("steps", at, "when"), step["when"], "boolean", frozenset(before)
        for index, field in enumerate(step["fields"]):
            place: Place = ("steps", at, "fields", index)
            if field.get("when") is not None:
                yield (*place, "when"), field["when"], "boolean", frozenset(before)
            for inside_at, inside in enumerate(field.get("fields") or []):
                if inside.get("when") is not None:
                    allowed = frozenset(before | {ROW})
                    yield (*place, "fields", inside_at, "when"), inside["when"], "boolean", allowed
            before.add(field["path"].removeprefix("/"))


def _values(form: Raw, names: Language) -> Iterator[tuple[Place, str, str, frozenset[str]]]:
    everything = frozenset(names.types) - {ROW}
    earlier: set[str] = set()
    worked_out = {one["name"] for one in form.get("computed") or []}
    for at, one in enumerate(form.get("computed") or []):
        yield ("computed", at, "value"), one["value"], one["type"], (everything - worked_out) | earlier
        earlier.add(one["name"])
    for at, rule in enumerate(form.get("rules") or []):
        inside = "/" in rule["at"].removeprefix("/")
        yield ("rules", at, "valid"), rule["valid"], "boolean", everything | {ROW} if inside else everything
    for at, rule in enumerate(_rules(form)):
        yield ("processing", "automation", "rules", at, "when"), rule["when"], "boolean", everything
    if (form.get("cosigner") or {}).get("when") is not None:
        yield ("cosigner", "when"), form["cosigner"]["when"], "boolean", everything
    for at, charge in enumerate(form["fee"] if isinstance(form.get("fee"), list) else []):
        for key, result in (("when", "boolean"), ("times", "integer")):
            if charge.get(key) is not None:
                yield ("fee", at, key), charge[key], result, everything
    yield from _points(form, everything)


def _points(form: Raw, everything: frozenset[str]) -> Iterator[tuple[Place, str, str, frozenset[str]]]:
    for kind in ("notes", "papers"):
        for at, point in enumerate((form.get("handover") or {}).get(kind) or []):
            if point.get("when") is not None:
                yield ("handover", kind, at, "when"), point["when"], "boolean", everything


def untried(form: Raw) -> Iterator[Found]:
    """The conditions of which nobody can say whether they are ever met. Of a form without faults."""
    computed = {one["name"]: one["type"] for one in form.get("computed") or []}
    properties = form["data"]["properties"]
    for place, what, found in _tried(form, Language.of(properties, computed), properties, {}):
        if found is Reach.UNKNOWN:
            yield place, f"nobody can say whether anybody {what}"


def _reachable(form: Raw, names: Language, properties: Mapping[str, Any]) -> Iterator[Found]:
    asked: dict[str, tuple[Expression, ...]] = {}
    for place, what, found in _tried(form, names, properties, asked):
        if found is Reach.NEVER:
            yield place, f"nobody {what}; correct the condition"
    for place, source, what in _kept_and_paid(form):
        if reach((Expression(source, "boolean", names),), asked, properties) is Reach.NEVER:
            yield place, f"nobody {what}; correct the condition"
    yield from fee_faults(form, names, asked)


def _kept_and_paid(form: Raw) -> Iterator[tuple[Place, str, str]]:
    """What is asked of all answers. Of most rules nobody can tell whether they can be kept."""
    for at, rule in enumerate(form.get("rules") or []):
        yield ("rules", at, "valid"), rule["valid"], f"can keep to the rule at {rule['at']}"
    for at, charge in enumerate(form["fee"] if isinstance(form.get("fee"), list) else []):
        if charge.get("when") is not None:
            yield ("fee", at, "when"), charge["when"], f"ever pays the fee {charge['id']}"


def _tried(
    form: Raw, names: Language, properties: Mapping[str, Any], asked: dict[str, tuple[Expression, ...]]
) -> Iterator[tuple[Place, str, Reach]]:
    """Every condition of a step or field, what it decides, and whether it can be met. `asked`, empty before,
    has then each question's conditions.
    """
    for at, step in enumerate(form["steps"]):
        place: Place = ("steps", at)
        gates = _gates((), step, names)
        if step.get("when") is not None:
            found = reach(gates, asked, properties)
            yield (*place, "when"), f"ever reaches the step {step['id']}", found
            if found is Reach.NEVER:
                continue
        for index, field in enumerate(step["fields"]):
            inner = _gates(gates, field, names)
            asked[field["path"].removeprefix("/")] = inner
            if field.get("when") is not None:
                what = f"is ever asked for {field['path']}"
                yield (*place, "fields", index, "when"), what, reach(inner, asked, properties)


def _rules(form: Raw) -> Sequence[Any]:
    automation = (form.get("processing") or {}).get("automation") or {}
    return automation.get("rules") or []


def _processing(form: Raw) -> Iterator[Found]:
    """What a rule compares has to be asked, and two people cannot be one rule."""
    if _rules(form) and form["processing"].get("four_eyes"):
        yield ("processing", "four_eyes"), "two people decide, so no rule can; take one of them away"
    asked = {field["path"].removeprefix("/") for _, field, _ in _fields(form, {})}
    for at, rule in enumerate(_rules(form)):
        for index, match in enumerate(rule.get("matches") or []):
            place: Place = ("processing", "automation", "rules", at, "matches", index)
            if match["register"] not in REGISTERS:
                yield (
                    (*place, "register"),
                    f"there is no register {match['register']}; choose one of {REGISTERS}",
                )
            for field in match["by"]:
                if field.removeprefix("/") not in asked:
                    yield (*place, "by"), f"{field} is asked in no step"


def _gates(around: Sequence[Expression], raw: Raw, names: Language) -> tuple[Expression, ...]:
    when = raw.get("when")
    return tuple(around) if when is None else (*around, Expression(when, "boolean", names))


def _references(node: Any, place: Place) -> Iterator[Place]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        if key == "$ref":
            yield (*place, key)
        yield from _references(value, (*place, key))
