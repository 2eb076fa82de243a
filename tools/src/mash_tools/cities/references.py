# SPDX-License-Identifier: EUPL-1.2
"""What the files of a city say of one another: ids that are named must exist, and exist once."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from jsonschema.exceptions import SchemaError

from mash_forms.model.checks import faults
from mash_forms.model.checks import untried as without_verdict
from mash_forms.model.expressions import RESERVED, BadExpression
from mash_forms.model.form import LANGUAGES
from mash_forms.model.formats import check_schema
from mash_tools.cities.faults import Fault
from mash_tools.cities.files import CityFile
from mash_tools.cities.forms import FormFile
from mash_tools.cities.source import Place, Source


class HasSource(Protocol):
    """A file that was read."""

    @property
    def source(self) -> Source: ...


@dataclass(frozen=True, slots=True)
class Named:
    """What forms may refer to. None: that file is at fault itself, so nothing is said about it."""

    offices: set[str] | None
    situations: set[str] | None
    fees: set[str] | None
    languages: list[str]


def ids(found: Mapping[str, HasSource], file: str, table: str, key: str) -> set[str] | None:
    return {item[key] for item in found[file].source.data[table]} if file in found else None


def keys(found: Mapping[str, HasSource], file: str, table: str) -> set[str] | None:
    return set(found[file].source.data.get(table, {})) if file in found else None


def once(found: Mapping[str, HasSource], file: str, table: str, key: str) -> Iterator[Fault]:
    if file not in found:
        return
    source = found[file].source
    seen: set[str] = set()
    for at, item in enumerate(source.data.get(table, [])):
        if item[key] in seen:
            line = source.line((table, at, key))
            yield Fault(source.file, line, f"{key} {item[key]!r} is there twice; rename or remove one")
        seen.add(item[key])


def offices_of_people(found: Mapping[str, HasSource]) -> Iterator[Fault]:
    """An office somebody works for has to be there, and whoever works for one is a clerk."""
    offices = ids(found, "offices.toml", "offices", "id")
    if "people.toml" not in found or offices is None:
        return
    source = found["people.toml"].source
    for at, person in enumerate(source.data.get("people", [])):
        for index, office in enumerate(person.get("offices", [])):
            line = source.line(("people", at, "offices", index))
            if office not in offices:
                yield Fault(
                    source.file, line, f"office {office!r} is not in offices.toml; {_choose(offices)}"
                )
            elif "clerk" not in person["roles"]:
                what = f"{person['username']} works for an office but is no clerk; add the role or remove it"
                yield Fault(source.file, line, what)


def hosts_once(source: Source, city: CityFile, hosts: dict[str, str]) -> Iterator[Fault]:
    """`hosts`: host → city, of the cities seen so far; this city's are added."""
    for host in city.hosts:
        other = hosts.setdefault(host, city.name)
        if other != city.name or city.hosts.count(host) > 1:
            where = f"belongs to {other} too" if other != city.name else "is there twice"
            yield Fault(source.file, source.line(("hosts",)), f"host {host} {where}; remove it from one")


def form(source: Source, form: FormFile, named: Named) -> Iterator[Fault]:
    """The faults of a form's references, answers and languages."""

    def fault(place: Place, what: str) -> Fault:
        return Fault(*source.at(place), what)

    if form.name != source.file.stem:
        yield fault(("name",), f"name is {form.name!r}; write {source.file.stem!r} as the file")
    if named.offices is not None and isinstance(form.office, str) and form.office not in named.offices:
        yield fault(("office",), f"office {form.office!r} is not in offices.toml; {_choose(named.offices)}")
    charges = [form.fee] if isinstance(form.fee, str) else [one.id for one in form.fee or ()]
    for at, fee in enumerate(charges):
        if named.fees is not None and fee not in named.fees:
            place: Place = ("fee",) if isinstance(form.fee, str) else ("fee", at, "id")
            yield fault(place, f"fee {fee!r} is not in fees.toml; {_choose(named.fees)}, or leave it out")
    for at, slug in enumerate(form.situations):
        if named.situations is not None and slug not in named.situations:
            what = f"situation {slug!r} is not in portal.toml; {_choose(named.situations)}"
            yield fault(("situations", at), what)
    for at_place, what in (*_answers(source, form), *_languages(source.data, _spoken(form, named.languages))):
        yield fault(at_place, what)


def untranslated(source: Source, form: FormFile) -> Iterator[Fault]:
    """The texts of a form that are not in every language a form may be in, as they are in its own."""
    own = next(iter(form.title))
    languages = list(dict.fromkeys([own, *LANGUAGES]))
    for place, _, said in _texts(source.data):
        if missing := [language for language in _wanted(place, languages) if language not in said]:
            yield Fault(*source.at(place), f"{_words(said, own)!r} is not in {', '.join(missing)}")


def untried(source: Source, form: FormFile) -> Iterator[Fault]:  # noqa: ARG001 — as untranslated()
    """The conditions of a form that could not be tried out."""
    with suppress(LookupError, TypeError, AttributeError, BadExpression):  # that is told as a fault
        for place, what in without_verdict(json.loads(json.dumps(source.data, default=str))):
            yield Fault(*source.at(place), what)


def _words(said: Mapping[str, Any], language: str) -> str:
    found = said.get(language) or next(iter(said.values()), "")
    if isinstance(found, Mapping):
        found = found.values()
    return found if isinstance(found, str) else " ".join(map(str, found))


def _spoken(form: FormFile, languages: list[str]) -> list[str]:
    return list(dict.fromkeys([*languages, *form.languages]))


def _choose(known: set[str]) -> str:
    return f"write {' or '.join(sorted(known))}" if known else "add it there"


def _answers(source: Source, form: FormFile) -> Iterator[tuple[Place, str]]:
    data = json.loads(json.dumps(source.data, default=str))
    twice = _twice(form.data)
    for name in twice:
        what = f"{name} is required already, by the part that asks for it or further up; remove it here"
        yield ("data", "required"), what
    if twice:  # so that nothing else hides behind it
        form = form.model_copy(update={"data": form.data | {"required": sorted(set(form.data["required"]))}})
        data["data"]["required"] = form.data["required"]
    try:
        check_schema(form.data)
    except SchemaError as err:
        yield ("data", *err.absolute_path), f"data is no JSON Schema: {err.message}; correct it"
        return
    properties: dict[str, Any] = form.data.get("properties", {})
    computed = {one.name for one in form.computed}
    yield from _schema(form.data, properties)
    yield from _questions(form, properties)
    yield from _permit(form, properties, computed)
    with suppress(LookupError, TypeError, AttributeError):  # what has not its shape is told already
        yield from faults(data)


def _twice(data: Mapping[str, Any]) -> list[str]:
    required = data.get("required")
    names = [one for one in required if isinstance(one, str)] if isinstance(required, list) else []
    return sorted({one for one in names if names.count(one) > 1})


def _schema(data: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    if data.get("type") != "object" or data.get("additionalProperties") is not False:
        yield ("data",), "data has to be an object with additionalProperties: false; add both"
    for name, about in properties.items():
        if not isinstance(about, dict):
            yield (
                ("data", "properties", name),
                f"{name} is not described; write what it may be, as {{type: …}}",
            )
    for name in sorted(set(data.get("required", [])) - properties.keys()):
        yield ("data", "required"), f"{name} is required but not in data.properties; add it or remove it"


def _questions(form: FormFile, properties: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    asked = Counter(field.path[1:] for step in form.steps for field in step.fields)
    for at, step in enumerate(form.steps):
        for index, field in enumerate(step.fields):
            place: Place = ("steps", at, "fields", index, "path")
            if field.path[1:] in RESERVED:
                yield place, f"{field.path} is what the page itself sends; choose another name"
            elif field.path[1:] not in properties:
                yield place, f"{field.path} is not in data.properties; add it there or correct the path"
            elif asked[field.path[1:]] > 1:
                yield place, f"{field.path} is asked twice; remove one"
            if field.widget in {"radio", "select"} and not field.options:
                yield place, f"{field.path} has nothing to choose from; add options"
    for name in sorted(properties.keys() - asked.keys()):
        yield ("data", "properties", name), f"{name} is in no step; ask for it or remove it"


def _permit(form: FormFile, properties: Mapping[str, Any], computed: set[str]) -> Iterator[tuple[Place, str]]:
    if form.decision is None:
        return
    approved = form.decision.approved
    for at, path in enumerate(approved.shows):
        if path[1:] not in properties.keys() | computed:
            yield ("decision", "approved", "shows", at), f"{path} is not in data.properties; correct it"
    if approved.validity:
        start, place = approved.validity.start, ("decision", "approved", "validity", "from")
        if start[1:] not in properties:
            yield place, f"{start} is not in data.properties; correct it"
        elif start[1:] not in form.data.get("required", []):
            yield place, f"{start} need not be answered; add it to data.required"
        elif not _is_date(properties[start[1:]]):
            yield place, f"{start} is no date; give it format: date in data.properties"


def _is_date(about: object) -> bool:
    return isinstance(about, dict) and about.get("format") == "date"


_TEXTS = frozenset(
    {"title", "summary", "keywords", "privacy", "text", "label", "help", "item", "add", "says"}
)


def _languages(node: Any, languages: list[str]) -> Iterator[tuple[Place, str]]:
    """Every text has to be there in every language; what the office reads and writes in the city's own."""
    for place, key, said in _texts(node):
        if missing := [language for language in _wanted(place, languages) if language not in said]:
            yield place, f"{key} is missing in {', '.join(missing)}; add it"
        if surplus := sorted(said.keys() - {*languages, *LANGUAGES}):
            yield place, f"{key} is there in {', '.join(surplus)}, which no form can be in; remove it"


def _wanted(place: Place, languages: list[str]) -> list[str]:
    return languages[:1] if place[0] in {"decision", "workflow"} else languages


def _texts(node: Any, place: Place = ()) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    """What people read: where it stands, what it is, and it by language."""
    if isinstance(node, list):
        for at, item in enumerate(node):
            yield from _texts(item, (*place, at))
    if not isinstance(node, dict) or place == ("data",):
        return
    for key, value in node.items():
        here = (*place, key)
        is_text = key in _TEXTS or (len(place) > 1 and place[-1] == "errors")
        if is_text and isinstance(value, dict):
            yield here, key, value
        else:
            yield from _texts(value, here)
