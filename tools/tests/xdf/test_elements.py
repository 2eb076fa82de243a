# SPDX-License-Identifier: EUPL-1.2
"""Every element that XDatenfelder 2.0 and 3.0.0 know: read, and either of effect or told. Written by us."""

import copy
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from mash_tools.xdf.making import Made, form_of
from mash_tools.xdf.schema import read

SPACES = {2: "urn:xoev-de:fim:standard:xdatenfelder_2", 3: "urn:xoev-de:fim:standard:xdatenfelder_3.0.0"}
BOTH = pytest.mark.parametrize("version", [2, 3], ids=["2.0", "3.0.0"])
# As the standard's XSD of each version say it, without the order and the number of times.
GENERAL = {
    2: "identifikation name bezeichnungEingabe bezeichnungAusgabe beschreibung definition bezug status"
    " gueltigAb gueltigBis fachlicherErsteller versionshinweis freigabedatum veroeffentlichungsdatum",
    3: "identifikation name beschreibung definition bezug freigabestatus statusGesetztAm statusGesetztDurch"
    " gueltigAb gueltigBis versionshinweis veroeffentlichungsdatum letzteAenderung relation stichwort",
}
ELEMENT = {
    2: "schemaelementart hilfetextEingabe hilfetextAusgabe",
    3: "bezeichnungEingabe bezeichnungAusgabe schemaelementart hilfetextEingabe hilfetextAusgabe",
}
SCHEMA = {
    2: "hilfetext ableitungsmodifikationenStruktur ableitungsmodifikationenRepraesentation regel",
    3: "bezeichnung hilfetext ableitungsmodifikationenStruktur ableitungsmodifikationenRepraesentation"
    " dokumentsteckbrief regel",
}
GROUP = {2: "regel", 3: "art regel"}
FIELD = {
    2: "feldart datentyp praezisierung inhalt codelisteReferenz regel",
    3: "feldart datentyp praezisierung inhalt vorbefuellung werte codelisteReferenz codeKey nameKey helpKey"
    " regel maxSize mediaType",
}
RULE = {
    2: f"{GENERAL[2]} script",
    3: "identifikation name beschreibung freitextRegel bezug stichwort fachlicherErsteller letzteAenderung"
    " typ param ziel skript fehler",
}
CODES = {
    "status": "aktiv",
    "freigabestatus": "6",
    "feldart": "input",
    "datentyp": "text",
    "schemaelementart": "HAR",
    "vorbefuellung": "keine",
    "art": "X",
    "typ": "V",
    "ableitungsmodifikationenStruktur": "0",
    "ableitungsmodifikationenRepraesentation": "0",
}
OTHER = {
    "aktiv": "inaktiv", "6": "7", "input": "hidden", "text": "bool", "X": "Y", "1:1": "0:1", "0:1": "1:1",
    "5": "6", "1.2": "1.3", "select": "hidden", "hidden": "locked", "label": "hidden", "0:3": "1:3",
    "num_currency": "num", "file": "text", "date": "time", "obj": "text",
}  # fmt: skip
"""Another value where not every text will do."""


class Maker:
    """Makes XML; every text in it is there once."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.number = 0

    def add(self, parent: ET.Element, name: str, text: str = "") -> ET.Element:
        node = ET.SubElement(parent, f"{{{SPACES[self.version]}}}{name}")
        node.text = text
        return node

    def text(self, name: str) -> str:
        self.number += 1
        return f"{name} {self.number}"

    def ident(self, parent: ET.Element, letter: str) -> None:
        self.number += 1
        node = self.add(parent, "identifikation")
        self.add(node, "id", f"{letter}{90000000 + self.number}")
        self.add(node, "version", "1.2")

    def all(self, parent: ET.Element, names: str, letter: str) -> None:
        for name in names.split():
            self.one(parent, name, letter)

    def one(self, parent: ET.Element, name: str, letter: str) -> None:  # noqa: C901 — one for each kind
        if name == "identifikation":
            self.ident(parent, letter)
        elif name == "regel":
            self.all(self.add(parent, "regel"), RULE[self.version], "R")
        elif name in CODES:
            node = self.add(parent, name)
            node.set("listURI", self.text("urn"))
            ET.SubElement(node, "code").text = CODES[name]
        elif name == "relation":
            node = self.add(parent, name)
            ET.SubElement(self.add(node, "praedikat"), "code").text = "EQU"
            self.ident(self.add(node, "objekt"), "F")
        elif name == "codelisteReferenz":
            self.code_list(self.add(parent, name))
        elif name == "werte":
            for _ in range(2):
                value = self.add(self.werte, "wert")
                for inside in ("code", "name", "hilfe"):
                    self.add(value, inside, self.text(inside))
        elif name == "dokumentsteckbrief":
            self.ident(self.add(parent, name), "D")
        elif name == "praezisierung":
            self.limits(parent)
        else:
            node = self.add(parent, name, self.text(name))
            if self.version == 3 and name in {"bezug", "stichwort"}:
                node.set("link" if name == "bezug" else "uri", f"https://example.org/{self.number}")

    def code_list(self, node: ET.Element) -> None:
        if self.version == 2:
            self.ident(node, "C")
            node = self.add(node, "genericodeIdentification")
        for name in ("canonicalIdentification", "version", "canonicalVersionUri"):
            self.add(node, name, self.text(name))

    def limits(self, parent: ET.Element) -> None:
        if self.version == 2:
            self.add(parent, "praezisierung", '{"minLength": "1", "maxLength": "5", "pattern": ".*"}')
            return
        node = self.add(parent, "praezisierung")
        for name in ("minLength", "maxLength", "minValue", "maxValue"):
            node.set(name, "5")
        node.set("pattern", ".*")

    def part(self, parent: ET.Element, name: str, count: str) -> ET.Element:
        node = self.add(parent, "struktur")
        self.add(node, "anzahl", count)
        self.add(node, "bezug", self.text("bezug"))
        return self.add(self.add(node, "enthaelt"), name)

    def field(self, parent: ET.Element, count: str) -> None:
        node = self.part(parent, "datenfeld", count)
        names = f"{GENERAL[self.version]} {ELEMENT[self.version]} {FIELD[self.version]}"
        if self.version == 3:
            self.werte = self.add(node, "werte")
        self.all(node, names, "F")

    def document(self) -> ET.Element:
        root = ET.Element(f"{{{SPACES[self.version]}}}xdatenfelder.stammdatenschema.0102")
        header = self.add(root, "header")
        self.all(header, "nachrichtID erstellungszeitpunkt referenzID", "")
        schema = self.add(root, "stammdatenschema")
        self.all(schema, f"{GENERAL[self.version]} {SCHEMA[self.version]}", "S")
        group = self.part(schema, "datenfeldgruppe", "1:1")
        self.all(group, f"{GENERAL[self.version]} {ELEMENT[self.version]} {GROUP[self.version]}", "G")
        self.field(group, "0:1")
        self.field(group, "0:1")
        inner = self.part(group, "datenfeldgruppe", "0:1")
        self.all(inner, f"{GENERAL[self.version]} {ELEMENT[self.version]}", "G")
        self.field(inner, "0:1")
        return root


def made(root: ET.Element) -> Made:
    return form_of(read(ET.tostring(root)), name="x", office="x", situation="x")


def changed(root: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    """The file again and again, each time with one text or attribute that is another."""
    for at, node in enumerate(root.iter()):
        keys: list[str | None] = [None, *node.attrib]
        for key in keys:
            said = node.text if key is None else node.get(key)
            if not said:
                continue
            other = copy.deepcopy(root)
            there = list(other.iter())[at]
            new = OTHER.get(said) or (said.replace("5", "6") if said.startswith("{") else f"{said}1")
            if key is None:
                there.text = new
            else:
                there.set(key, new)
            yield f"{node.tag.rpartition('}')[2]} {key or ''} {said!r}", other


@BOTH
def test_a_released_file_with_every_element_of_its_standard_is_read(version: int) -> None:
    found = made(Maker(version).document()).form
    assert [step["id"] for step in found["steps"]]
    assert len(found["data"]["properties"]) == {2: 3, 3: 4}[version]


@BOTH
@pytest.mark.parametrize(
    ("kind", "type_", "counts"),
    [
        ("input", "text", "1:1"), ("select", "text", "1:1"), ("hidden", "text", "1:1"),
        ("label", "text", "1:1"),
        ("input", "num_currency", "1:1"), ("input", "file", "1:1"), ("input", "date", "1:1"),
        ("input", "text", "0:3"), ("input", "file", "0:3"), ("input", "obj", "0:3"),
    ],
)  # fmt: skip
def test_nothing_is_dropped_in_silence(version: int, kind: str, type_: str, counts: str) -> None:
    root = Maker(version).document()
    for node in root.iter():
        name = node.tag.rpartition("}")[2]
        if name in {"feldart", "datentyp"}:
            node[0].text = kind if name == "feldart" else type_
    next(node for node in root.iter() if node.tag.endswith("}anzahl")).text = counts
    before = made(root)
    number = 0
    silent = []
    for what, other in changed(root):
        number += 1
        if made(other) == before:
            silent.append(what)
    assert number > 90
    assert not silent, "\n".join(silent)


def test_what_is_said_of_many_elements_is_told_once() -> None:
    told = made(Maker(3).document()).overlooked
    assert sum(line.startswith("vorbefuellung 'keine") for line in told) <= 2
    assert any(line.startswith("gueltigBis 'gueltigBis ") for line in told)


def test_limits_in_words_are_a_rule_nobody_runs() -> None:
    root = Maker(2).document()
    first = next(node for node in root.iter() if node.tag.endswith("}praezisierung"))
    first.text = "nur volle Euro"
    rules = made(root).form["fim_rules"]
    assert [rule["text"] for rule in rules if rule["id"].startswith("F")] == ["nur volle Euro"]


def test_a_group_of_2_0_may_be_empty() -> None:
    maker = Maker(2)
    root = maker.document()
    schema = root[1]
    node = maker.part(schema, "datenfeldgruppe", "1:1")
    maker.all(node, f"{GENERAL[2]} {ELEMENT[2]}", "G")
    found = made(root)
    ident = node[0][0].text
    assert [one["id"] for one in found.form["fim_unasked"]] == [ident]
    assert any(ident in line and "asks nothing" in line for line in found.lost if ident)
