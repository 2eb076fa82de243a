# SPDX-License-Identifier: EUPL-1.2
"""A Stammdatenschema of XDatenfelder 2.0 or 3.0.0, typed. What differs between the two ends here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mash_tools.xdf.overlooked import overlooked
from mash_tools.xdf.tree import BrokenSchema, Node, parsed

NAMESPACES = {
    "urn:xoev-de:fim:standard:xdatenfelder_2": 2,
    "urn:xoev-de:fim:standard:xdatenfelder_3.0.0": 3,
}
ROOT = "xdatenfelder.stammdatenschema.0102"
_ID = re.compile(r"[SGFR]\d{3,14}")
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_COUNT = re.compile(r"(\d{1,4}):(\d{1,4}|\*)")
# What the standard's types hold, of 2.0 and 3.0.0 together: an element of the other version is nothing
# broken, and what is not used is told (`overlooked`).
_ALL = (
    "identifikation", "name", "beschreibung", "definition", "bezug", "gueltigAb", "gueltigBis",
    "versionshinweis", "veroeffentlichungsdatum", "bezeichnungEingabe", "bezeichnungAusgabe",
    "status", "fachlicherErsteller", "freigabedatum",
    "freigabestatus", "statusGesetztAm", "statusGesetztDurch", "letzteAenderung", "relation", "stichwort",
)  # fmt: skip
_ELEMENT = (*_ALL, "schemaelementart", "hilfetextEingabe", "hilfetextAusgabe", "regel")
_SCHEMA = (
    *_ALL, "bezeichnung", "hilfetext", "ableitungsmodifikationenStruktur",
    "ableitungsmodifikationenRepraesentation", "dokumentsteckbrief", "regel", "struktur",
)  # fmt: skip
_GROUP = (*_ELEMENT, "art", "struktur")
_FIELD = (
    *_ELEMENT, "feldart", "datentyp", "praezisierung", "inhalt", "codelisteReferenz",
    "vorbefuellung", "werte", "codeKey", "nameKey", "helpKey", "maxSize", "mediaType",
)  # fmt: skip
_RULE = (
    *_ALL, "script", "freitextRegel", "typ", "param", "ziel", "skript", "fehler",
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
class CodeList:
    """A code list by its name of XRepository, its version, and the two in one."""

    uri: str
    version: str
    version_uri: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.uri, self.version, self.version_uri))) or "not named"


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
    """A Datenfeld. `limits`: minLength, maxLength, minValue, maxValue, pattern, and what else is said there.

    `code_list` names a list that is elsewhere, `columns` those of it that hold codes and names.
    """

    kind: str
    type: str
    limits: Mapping[str, str]
    content: str
    values: tuple[Value, ...]
    code_list: CodeList | None
    columns: tuple[str, str]
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
    """A Datenfeldgruppe. `choice`: exactly one of its parts is given."""

    choice: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Schema(Group):
    """A Stammdatenschema. `basis`: what it is founded on, each with a link where it has one; `overlooked`:
    what of the file is nowhere in here.
    """

    standard: int
    description: str
    basis: tuple[tuple[str, str], ...]
    overlooked: tuple[str, ...]

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
    ident = _ident(node, "S")
    schema = Schema(
        ident=ident,
        name=node.need("name"),
        label=node.said("bezeichnung") or node.said("bezeichnungEingabe") or node.need("name"),
        help=node.said("hilfetext"),
        rules=_own_rules(node, ident),
        choice=False,
        parts=_parts(node, standard),
        standard=standard,
        description=node.said("beschreibung"),
        basis=tuple(
            (basis.text.strip(), basis.attribute("link")) for basis in node.all("bezug") if basis.text.strip()
        ),
        overlooked=(),
    )
    return replace(schema, overlooked=tuple(overlooked(root)))


def _status(node: Node, standard: int) -> None:
    name = "freigabestatus" if standard == 3 else "status"  # noqa: PLR2004 — the standard's version
    said = node.checked(name)
    allowed = (
        {str(n) for n in range(1, 9)} if name == "freigabestatus" else {"inVorbereitung", "aktiv", "inaktiv"}
    )
    code = said.checked("code") if said is not None else None
    if said is not None and (code is None or code.text.strip() not in allowed):
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
    return tuple(_rule(rule, at) for rule in node.all("regel"))


def _rule(node: Node, at: Ident) -> Rule:
    node.only(*_RULE)
    text = node.said("freitextRegel") or node.said("definition") or node.said("beschreibung")
    return Rule(_ident(node, "R"), node.said("name"), text, node.said("skript") or node.said("script"), at)


def _parts(node: Node, standard: int) -> tuple[Part, ...]:
    return tuple(_part(structure, standard) for structure in node.all("struktur"))


def _part(node: Node, standard: int) -> Part:
    node.only("anzahl", "bezug", "enthaelt")
    count = _COUNT.fullmatch(node.need("anzahl"))
    if count is None or (count[2] != "*" and int(count[2]) < max(int(count[1]), 1)):
        raise node.one("anzahl").wrong(f"{node.need('anzahl')!r} is no number of times such as 0:1 or 1:*")
    holds = node.one("enthaelt")
    holds.only("datenfeld", "datenfeldgruppe")
    if len(holds.children) != 1:
        raise holds.wrong("<enthaelt> holds exactly one field or group")
    inside = holds.children[0]
    inside.used = True
    element = _field(inside) if inside.name == "datenfeld" else _group(inside, standard)
    return Part(element, int(count[1]), None if count[2] == "*" else int(count[2]))


def _group(node: Node, standard: int) -> Group:
    node.only(*_GROUP)
    ident = _ident(node, "G")
    parts = _parts(node, standard)
    if not parts and standard == 3:  # noqa: PLR2004 — 2.0 knows groups that are not worked out yet
        raise node.wrong("a group without <struktur>")
    art = node.checked("art")
    choice = art is not None and (code := art.checked("code")) is not None and code.text.strip() == "X"
    if choice:
        node.code("art")
    return Group(ident, *_words(node), _own_rules(node, ident), choice, parts)


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
    limits, odd = _limits(node)
    rules = _own_rules(node, ident)
    return Field(
        ident,
        *_words(node),
        (*rules, Rule(ident, "praezisierung", odd, "", ident)) if odd else rules,
        kind=kind,
        type=type_,
        limits=limits,
        content=node.said("inhalt"),
        values=tuple(Value(value.need("code"), value.said("name") or value.need("code")) for value in values),
        code_list=_code_list(reference) if reference is not None else None,
        columns=(node.said("codeKey"), node.said("nameKey")) if reference is not None else ("", ""),
        media_types=tuple(one.text.strip() for one in node.all("mediaType") if one.text.strip()),
        max_size=node.said("maxSize"),
    )


def _words(node: Node) -> tuple[str, str, str]:
    """Name, label and help. A name that is not the label is nowhere in the form, so it counts as unused."""
    name, label = node.need("name"), node.said("bezeichnungEingabe")
    node.one("name").used = label in {"", name}
    return name, label or name, node.said("hilfetextEingabe")


def _code_list(node: Node) -> CodeList:
    inside = node.maybe("genericodeIdentification") or node
    return CodeList(
        inside.said("canonicalIdentification"), inside.said("version"), inside.said("canonicalVersionUri")
    )


def _limits(node: Node) -> tuple[Mapping[str, str], str]:
    """Attributes in 3.0.0; JSON in the text in 2.0, which holds words for people, too: these come second."""
    said = node.maybe("praezisierung")
    if said is None:
        return {}, ""
    limits = {name: value for name in said.attributes if (value := said.attribute(name))}
    try:
        found = json.loads(said.text) if said.text.strip() else {}
    except (ValueError, RecursionError):
        return limits, said.text.strip()
    if not isinstance(found, dict):
        return limits, said.text.strip()
    return limits | {str(name): str(value) for name, value in found.items() if value not in (None, "")}, ""


def _rules(group: Group) -> Iterator[Rule]:
    yield from group.rules
    for part in group.parts:
        if isinstance(part.element, Group):
            yield from _rules(part.element)
        else:
            yield from part.element.rules


__all__ = ["BrokenSchema", "CodeList", "Field", "Group", "Ident", "Part", "Rule", "Schema", "Value", "read"]
