# SPDX-License-Identifier: EUPL-1.2
"""A Stammdatenschema of XDatenfelder 2.0 or 3.0.0, typed. What differs between the two ends here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mash_tools.xdf.tree import BrokenSchema, Node, parsed

NAMESPACES = {
    "urn:xoev-de:fim:standard:xdatenfelder_2": 2,
    "urn:xoev-de:fim:standard:xdatenfelder_3.0.0": 3,
}
ROOT = "xdatenfelder.stammdatenschema.0102"
_ID = re.compile(r"[SGFR]\d{3,14}")
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_COUNT = re.compile(r"(\d{1,4}):(\d{1,4}|\*)")
_ELEMENT = (
    "identifikation", "name", "beschreibung", "definition", "bezug", "status", "freigabestatus",
    "statusGesetztAm", "statusGesetztDurch", "gueltigAb", "gueltigBis", "fachlicherErsteller",
    "versionshinweis", "veroeffentlichungsdatum", "letzteAenderung", "bezeichnungEingabe",
    "bezeichnungAusgabe", "bezeichnung", "schemaelementart", "hilfetext", "hilfetextEingabe",
    "hilfetextAusgabe", "stichwort", "relation", "regel",
)  # fmt: skip
_SCHEMA = (
    *_ELEMENT, "ableitungsmodifikationenStruktur", "ableitungsmodifikationenRepraesentation",
    "dokumentsteckbrief", "struktur",
)  # fmt: skip
_FIELD = (
    *_ELEMENT, "feldart", "datentyp", "praezisierung", "inhalt", "vorbefuellung", "werte",
    "codelisteReferenz",    "codeKey", "nameKey", "helpKey", "mediaType", "mediatyp", "maxSize",
)  # fmt: skip
TYPES = (
    "text", "text_latin", "date", "time", "datetime", "bool", "num", "num_int", "num_currency", "file", "obj",
)  # fmt: skip
KINDS = ("input", "select", "label", "hidden", "locked")


@dataclass(frozen=True, slots=True)
class Ident:
    """What FIM names an element by."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of FIM: a sentence, sometimes a script. `at` is the element it stands in."""

    ident: Ident
    name: str
    text: str
    script: str
    at: Ident


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a selection."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """What fields and groups have in common."""

    ident: Ident
    name: str
    label: str
    help: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Field(Element):
    """A Datenfeld. `limits`: minLength, maxLength, minValue, maxValue, pattern, as far as they are said."""

    kind: str
    type: str
    limits: Mapping[str, str]
    content: str
    values: tuple[Value, ...]
    code_list: str
    media_types: tuple[str, ...]
    max_size: str


@dataclass(frozen=True, slots=True)
class Part:
    """An element where it is used: at least and at most how often (None: any number)."""

    element: Field | Group
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Group(Element):
    """A Datenfeldgruppe."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Schema(Group):
    """A Stammdatenschema. `basis`: what it is founded on, each with a link where it has one."""

    standard: int
    description: str
    basis: tuple[tuple[str, str], ...]

    def all_rules(self) -> Iterator[Rule]:
        """Every rule, the schema's own first, each as often as its element is used."""
        yield from _rules(self)


def read(body: bytes) -> Schema:
    """Read a file. Raises BrokenSchema."""
    root = parsed(body)
    standard = NAMESPACES.get(root.namespace)
    if standard is None:
        raise root.wrong(f"the namespace {root.namespace!r} is not XDatenfelder 2.0 or 3.0.0")
    if root.name != ROOT:
        raise root.wrong(f"<{root.name}> is no Stammdatenschema; <{ROOT}> is wanted")
    root.only("header", "stammdatenschema")
    node = root.one("stammdatenschema")
    node.only(*_SCHEMA)
    _status(node, standard)
    name = node.need("name")
    ident = _ident(node, "S")
    return Schema(
        ident=ident,
        name=name,
        label=node.said("bezeichnung") or node.said("bezeichnungEingabe") or name,
        help=node.said("hilfetext"),
        rules=_own_rules(node, ident),
        parts=_parts(node),
        standard=standard,
        description=node.said("beschreibung"),
        basis=tuple(
            (basis.text.strip(), basis.attributes.get("link", ""))
            for basis in node.all("bezug")
            if basis.text.strip()
        ),
    )


def _status(node: Node, standard: int) -> None:
    name = "freigabestatus" if standard == 3 else "status"  # noqa: PLR2004 — the standard's version
    said = node.maybe(name)
    allowed = (
        {str(n) for n in range(1, 9)} if name == "freigabestatus" else {"inVorbereitung", "aktiv", "inaktiv"}
    )
    if said is not None and said.need("code") not in allowed:
        raise said.wrong(f"<{name}> is none of {', '.join(sorted(allowed))}")


def _ident(node: Node, letter: str) -> Ident:
    inside = node.one("identifikation")
    inside.only("id", "version")
    found = inside.need("id")
    if not _ID.fullmatch(found) or found[0] != letter:
        raise inside.one("id").wrong(f"{found!r} is no id: {letter} and digits are wanted")
    version = inside.said("version")
    if version and not _VERSION.fullmatch(version):
        raise inside.one("version").wrong(f"{version!r} is no version such as 1.2 or 1.2.0")
    return Ident(found, version)


def _own_rules(node: Node, at: Ident) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            _ident(rule, "R"),
            rule.said("name"),
            rule.said("freitextRegel") or rule.said("definition") or rule.said("beschreibung"),
            rule.said("skript") or rule.said("script"),
            at,
        )
        for rule in node.all("regel")
    )


def _parts(node: Node) -> tuple[Part, ...]:
    return tuple(_part(structure) for structure in node.all("struktur"))


def _part(node: Node) -> Part:
    node.only("anzahl", "bezug", "enthaelt")
    count = _COUNT.fullmatch(node.need("anzahl"))
    if count is None or (count[2] != "*" and int(count[2]) < max(int(count[1]), 1)):
        raise node.one("anzahl").wrong(f"{node.need('anzahl')!r} is no number of times such as 0:1 or 1:*")
    holds = node.one("enthaelt")
    holds.only("datenfeld", "datenfeldgruppe")
    if len(holds.children) != 1:
        raise holds.wrong("<enthaelt> holds exactly one field or group")
    inside = holds.children[0]
    element = _field(inside) if inside.name == "datenfeld" else _group(inside)
    return Part(element, int(count[1]), None if count[2] == "*" else int(count[2]))


def _group(node: Node) -> Group:
    node.only(*_ELEMENT, "art", "struktur")
    ident = _ident(node, "G")
    parts = _parts(node)
    if not parts:
        raise node.wrong("a group without <struktur>")
    return Group(ident, *_words(node), _own_rules(node, ident), parts)


def _field(node: Node) -> Field:
    node.only(*_FIELD)
    ident = _ident(node, "F")
    kind, type_ = node.code("feldart"), node.code("datentyp")
    if kind not in KINDS:
        raise (node.maybe("feldart") or node).wrong(f"<feldart> {kind!r} is none of {', '.join(KINDS)}")
    if type_ not in TYPES:
        raise (node.maybe("datentyp") or node).wrong(f"<datentyp> {type_!r} is none of {', '.join(TYPES)}")
    listed, reference = node.maybe("werte"), node.maybe("codelisteReferenz")
    values = list(listed.all("wert")) if listed is not None else []
    return Field(
        ident,
        *_words(node),
        _own_rules(node, ident),
        kind=kind,
        type=type_,
        limits=_limits(node),
        content=node.said("inhalt"),
        values=tuple(Value(value.need("code"), value.said("name") or value.need("code")) for value in values),
        code_list=_code_list(reference) if reference is not None else "",
        media_types=tuple(one.text.strip() for name in ("mediaType", "mediatyp") for one in node.all(name)),
        max_size=node.said("maxSize"),
    )


def _words(node: Node) -> tuple[str, str, str]:
    name = node.need("name")
    return name, node.said("bezeichnungEingabe") or name, node.said("hilfetextEingabe")


def _code_list(node: Node) -> str:
    inside = node.maybe("genericodeIdentification") or node
    return inside.said("canonicalVersionUri") or inside.said("canonicalIdentification")


def _limits(node: Node) -> Mapping[str, str]:
    """Attributes in 3.0.0; JSON in the text in 2.0."""
    said = node.maybe("praezisierung")
    if said is None:
        return {}
    if not said.text.strip():
        return {name: value for name, value in said.attributes.items() if value}
    try:
        found = json.loads(said.text)
    except ValueError:
        raise said.wrong("<praezisierung> is no JSON") from None
    if not isinstance(found, dict):
        raise said.wrong("<praezisierung> is no JSON object")
    return {str(name): str(value) for name, value in found.items() if value not in (None, "")}


def _rules(group: Group) -> Iterator[Rule]:
    yield from group.rules
    for part in group.parts:
        if isinstance(part.element, Group):
            yield from _rules(part.element)
        else:
            yield from part.element.rules


__all__ = ["BrokenSchema", "Field", "Group", "Ident", "Part", "Rule", "Schema", "read"]
