# SPDX-License-Identifier: EUPL-1.2
"""`./mash form import | answers`: what a person types, and what they are told of what was made."""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mash_tools.cities.checker import check
from mash_tools.problems import LauncherError
from mash_tools.realms import access
from mash_tools.xdf import codes
from mash_tools.xdf.keyed import keyed
from mash_tools.xdf.making import Made, form_of
from mash_tools.xdf.schema import BrokenSchema, read

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def main(argv: list[str]) -> int:
    """Run `import` or `answers`. 0: in order, 1: something has to be put right, 2: nothing was made."""
    parser = argparse.ArgumentParser(prog="./mash form", description="Forms from elsewhere.")
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import", help="make a form of FIM XDatenfelder 2.0 or 3.0.0")
    importing.add_argument("file", type=Path, metavar="XML")
    importing.add_argument("--city", required=True, help="whose form it is to be, for example heidelberg")
    importing.add_argument("--name", required=True, help="the form's name, for example hundesteuer")
    importing.add_argument("--office", help="an id of offices.toml; without it the first")
    importing.add_argument("--situation", help="a slug of portal.toml; without it the first")
    importing.add_argument(
        "--codes",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a code list in genericode that the schema only names; may be given several times",
    )
    importing.add_argument("--replace", action="store_true", help="over a form of this name")
    importing.add_argument("--cities", type=access.typed_path, default=Path("cities"))
    answering = commands.add_parser("answers", help="answers of an imported form by FIM's ids, as JSON")
    answering.add_argument("form", type=Path, metavar="YAML", help="the form's file")
    answering.add_argument("answers", type=Path, metavar="JSON", help="`data` of an application")
    asked = parser.parse_args(argv)
    try:
        return _answers(asked) if asked.command == "answers" else _import(asked)
    except LauncherError as err:
        print(err, file=sys.stderr)
    return 2


def _import(asked: argparse.Namespace) -> int:
    city = asked.cities / asked.city
    if not (city / "city.toml").is_file():
        raise LauncherError(f"There is no city {asked.city} in {asked.cities}.")
    if not _NAME.fullmatch(asked.name):
        raise LauncherError(
            f"{asked.name!r} cannot be a form's name; use lower-case words joined by hyphens."
        )
    file = city / "forms" / f"{asked.name}.yaml"
    if file.exists() and not asked.replace:
        raise LauncherError(f"{file} is there already; choose another name, or --replace it.")
    made = form_of(
        _parsed(asked.file, read),
        name=asked.name,
        office=asked.office or _first(city / "offices.toml", "offices", "id"),
        situation=asked.situation or _first(city / "portal.toml", "situations", "slug"),
        codes=codes.Codes(tuple(_parsed(one, codes.read) for one in asked.codes)),
    )
    file.parent.mkdir(exist_ok=True)
    file.write_text(_written(made, asked.file.name), encoding="utf-8")
    return _told(made, file, asked)


def _answers(asked: argparse.Namespace) -> int:
    try:
        form = yaml.safe_load(_bytes(asked.form))
        data = json.loads(_bytes(asked.answers))
    except (ValueError, RecursionError, yaml.YAMLError) as err:
        raise LauncherError(f"{asked.form} or {asked.answers} cannot be read: {err}") from err
    if not isinstance(form, dict) or "fim" not in form:
        raise LauncherError(f"{asked.form} is no form made by ./mash form import.")
    if not isinstance(data, dict):
        raise LauncherError(f"{asked.answers} holds no answers: a JSON object is wanted.")
    try:
        found = keyed(form, data)
    except (LookupError, TypeError, AttributeError) as err:
        raise LauncherError(f"{asked.answers} holds no answers to {asked.form}.") from err
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0


def _parsed(file: Path, reader: Callable[[bytes], T]) -> T:
    try:
        return reader(_bytes(file))
    except BrokenSchema as err:
        raise LauncherError(f"{file}:{err.line}:{err.column}: {err}") from err


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as err:
        raise LauncherError(f"{file} cannot be read: {err.strerror}") from err


def _told(made: Made, file: Path, asked: argparse.Namespace) -> int:
    form = made.form
    fields = sum(len(step["fields"]) for step in form["steps"])
    print(
        f"{file}: {form['fim']['id']} {form['title']['de']}, {len(form['steps'])} steps, {fields} questions."
    )
    if form["fim_rules"]:
        print(f"\nRules that nobody runs yet ({len(form['fim_rules'])}; they are in the file, `fim_rules`):")
        for rule in form["fim_rules"]:
            words = " ".join((rule.get("text") or rule.get("name") or rule.get("script") or "").split())
            print(f"  {rule['id']} at {rule['at']}: {words[:200]}")
    if made.overlooked:
        print(f"\nWhat of the schema is not used ({len(made.overlooked)}):")
        print(*(f"  {what}" for what in made.overlooked), sep="\n")
    if made.lost:
        print(f"\nWhat is different here ({len(made.lost)}):")
        print(*(f"  {what}" for what in made.lost), sep="\n")
    faults = [fault for fault in check(asked.cities, [asked.city]) if fault.file == file]
    print(
        *("", *faults) if faults else ("", f"{file}: in order. Read it through before people do."), sep="\n"
    )
    return 1 if faults else 0


def _written(made: Made, source: str) -> str:
    form = {key: value for key, value in made.form.items() if value != []}
    head = [
        "# SPDX-License-Identifier: EUPL-1.2",
        f"# Made by ./mash form import of {source}. Ids of FIM stand as `fim`.",
    ]
    if made.lost:
        head += ["# Different from the schema:", *(f"#   {' '.join(what.split())}" for what in made.lost)]
    if made.overlooked:
        head += ["# Not used:", *(f"#   {' '.join(what.split())}" for what in made.overlooked)]
    text = yaml.dump(form, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    return "\n".join(head) + "\n" + text


class _Plain(yaml.SafeDumper):
    """Writes out what occurs twice: a person reads it."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 — PyYAML's method
        return True


def _first(file: Path, table: str, key: str) -> str:
    try:
        found: str = tomllib.loads(file.read_text(encoding="utf-8"))[table][0][key]
    except (OSError, ValueError, LookupError) as err:
        raise LauncherError(f"{file} names none; ./mash city check says what is wrong.") from err
    return found
