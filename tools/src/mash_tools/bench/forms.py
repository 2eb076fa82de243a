# SPDX-License-Identifier: EUPL-1.2
"""How long a large form takes: its file checked and loaded, one of its steps evaluated."""

import json
import tempfile
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.answers import posted
from mash_forms.model.complaints import complaints_of
from mash_forms.model.filling import fill
from mash_forms.model.form import Form
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

STEPS, FIELDS, RULES = 10, 95, 100
GOAL_STEP_MS, GOAL_LOAD_MS = 15.0, 1000.0
LOADS = 5
ROUNDS = 30
"""How often each step is evaluated."""
TODAY = date(2026, 3, 2)
_CITY = 'name = "bench"\ntitle = "Bench"\nfull_title = "Stadt Bench"\n'
_OFFICES = '[[offices]]\nid = "office"\ntitle = "Amt"\n'
_WRONG = {"de": {"reason": "Die Angabe ist falsch.", "remedy": "Prüfen Sie sie."}}
_SAYS = {"title": {"de": "Name"}, "text": {"de": "Text"}}
_STATES = ("INITIATED", "SUBMITTED", "RECEIVED", "PROCESSING", "ACTION_REQUIRED", "COMPLETED")
_KINDS: tuple[dict[str, Any], ...] = (
    {"type": "string", "minLength": 1, "maxLength": 80},
    {"type": "integer", "minimum": 0, "maximum": 1000},
    {"type": "boolean"},
    {"type": "string", "format": "date"},
    {"type": "string", "enum": ["one", "two", "three"]},
)
_WIDGETS = ("text", "number", "radio", "date", "select")
_ANSWERS = ("Text", "5", "true", "2026-01-15", "two")


def large_form() -> dict[str, Any]:
    """A form of 10 steps, 95 fields and 100 rules: conditions, computed values, rules between answers."""
    kinds = {f"f{n}": n % len(_KINDS) for n in range(FIELDS)}
    steps: list[dict[str, Any]] = [
        {"id": f"s{at}", "title": {"de": f"Schritt {at}"}, "fields": []} for at in range(STEPS)
    ]
    rules = 0
    for n, (name, kind) in enumerate(kinds.items()):
        field: dict[str, Any] = {"path": f"/{name}", "widget": _WIDGETS[kind], "label": {"de": name}}
        field["errors"] = {"default": _WRONG}
        if kind == _WIDGETS.index("radio"):
            field["options"] = [{"value": value, "label": {"de": str(value)}} for value in (True, False)]
        if kind == _WIDGETS.index("select"):
            field["options"] = [{"value": value, "label": {"de": value}} for value in _KINDS[kind]["enum"]]
        if n >= STEPS and n % len(_KINDS) == 0:
            field["when"] = f"f{n - 3} == true && f{n - 1} != 'three'"
            rules += 1
        steps[n * STEPS // FIELDS]["fields"].append(field)
    numbers = [name for name, kind in kinds.items() if _WIDGETS[kind] == "number"]
    days = [name for name, kind in kinds.items() if _WIDGETS[kind] == "date"]
    computed = [
        {"name": f"c{at}", "type": "integer", "label": {"de": f"c{at}"}, "value": f"{one} * 2 + {other}"}
        for at, (one, other) in enumerate(zip(numbers[::2], numbers[1::2], strict=False))
    ]
    rules += len(computed)
    between = [
        {
            "at": f"/{days[at % len(days)]}",
            "valid": f"{days[at % len(days)]} >= '2000-01-01' && c{at % len(computed)} < {900 + at} + 2200",
            "says": _WRONG,
        }
        for at in range(RULES - rules)
    ]
    letter = {"kind": "letter", **_SAYS}
    return {
        "name": "large", "version": "1", "title": {"de": "Groß"}, "summary": {"de": "Groß"}, "keywords": {},
        "situations": [], "office": "office", "trust_level": 1, "legal_basis": [], "retention": {},
        "privacy": {"de": "Text"}, "steps": steps, "computed": computed, "rules": between,
        "states": dict.fromkeys(_STATES, _SAYS), "decision": {"approved": letter, "rejected": letter},
        "data": {
            "type": "object", "additionalProperties": False, "required": list(kinds),
            "properties": {name: _KINDS[kind] for name, kind in kinds.items()},
        },
    }  # fmt: skip


async def run(say: Progress) -> Result:
    """Measure loading and evaluating. Raises LauncherError if the form cannot be used."""
    machine = Machine.here()
    say(f"a form of {STEPS} steps, {FIELDS} fields and {RULES} rules")
    with tempfile.TemporaryDirectory() as folder:
        form, loads = await _loaded(Path(folder))
    answers = {name: _ANSWERS[at % len(_ANSWERS)] for at, name in enumerate(form.fields)}
    first, steps = _evaluated(form, answers)
    rows = [
        Row.of_times("JSON Schema alone, all answers", _schema_alone(form, answers), yardstick=True),
        Row.of_times("a step: read, filled in, judged", steps, goal=(GOAL_STEP_MS, GOAL_STEP_MS)),
        Row.of_times("the first step after loading", [first]),
        Row.of_times("the file: read, checked, loaded", loads, goal=(GOAL_LOAD_MS, GOAL_LOAD_MS)),
    ]
    asked = {"steps": STEPS, "fields": FIELDS, "rules": RULES}
    return Result("forms", asked, rows, versions(), machine)


async def _loaded(folder: Path) -> tuple[Form, list[float]]:
    city = folder / "bench"
    (city / "forms").mkdir(parents=True)
    (city / "city.toml").write_text(_CITY, encoding="utf-8")
    (city / "offices.toml").write_text(_OFFICES, encoding="utf-8")
    file = city / "forms" / "large.yaml"
    # Plain YAML: aliases would spare the reader what a person's file has.
    file.write_text(
        yaml.safe_dump(json.loads(json.dumps(large_form())), allow_unicode=True), encoding="utf-8"
    )
    taken: list[float] = []
    form: Form | None = None
    for _ in range(LOADS):
        began = time.perf_counter()
        form = await CityFiles(folder).form("bench", "large")
        taken.append(time.perf_counter() - began)
    if form is None:
        raise LauncherError(
            "The form of the benchmark cannot be used; run ./mash test tools/tests/test_bench.py."
        )
    return form, taken


def _evaluated(form: Form, answers: Mapping[str, str]) -> tuple[float, list[float]]:
    """What a page of each step costs when all before it is answered: the very first, and all others."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        data: dict[str, Any] = {}
        for section in form.sections:
            began = time.perf_counter()
            data |= posted(section.fields, answers, "de")
            filled = fill(form, data, TODAY)
            complaints_of(filled, TODAY)
            taken.append(time.perf_counter() - began)
    return taken[0], taken[1:]


def _schema_alone(form: Form, answers: Mapping[str, str]) -> list[float]:
    data = posted(form.fields.values(), answers, "de")
    validator = Draft202012Validator(form.schema)
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        list(validator.iter_errors(data))
        taken.append(time.perf_counter() - began)
    return taken
