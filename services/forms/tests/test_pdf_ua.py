# SPDX-License-Identifier: EUPL-1.2
"""What we print is PDF/UA-1 (ISO 14289-1), as far as a program can tell: looked at without typst."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import typst
from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, ContentStream, NameObject, NullObject

from mash_forms.gateways.printer import render

LETTER: dict[str, Any] = {
    "city": "Stadt Heidelberg",
    "office": "Bürgeramt",
    "contact": [["Anschrift", "Musterstraße 1 (Demodaten)"], ["Telefon", "06221 1"]],
    "title": "Bewohnerparkausweis",
    "reference": "HD-7K2M-9QXC",
    "dated": "2.3.2026",
    "addressee": "Ünal O'Neill-Świątek",
    "text": "Sie dürfen parken.",
    "reason": "",
    "rows": [["Kennzeichen", "HD-AB 123"], ["Zone", "2"]],
    "validity": ["1.4.2026", "31.3.2027"],
    "demo": True,
    "automatic": "",
    "code": "7K2M-9QXC-4TRB-W0ZD",
    "ask_at": "https://heidelberg.example/verify",
}
PREPARED: dict[str, Any] = {
    "city": "Stadt Heidelberg",
    "authority": "Elterngeldstelle",
    "contact": [["Anschrift", "Musterstraße 1"]],
    "title": "Elterngeld",
    "dated": "2.3.2026",
    "name": "Anna Beispiel",
    "text": "Nehmen Sie das mit.",
    "rows": [["Name", "Anna"], ["Kind", "Ben"]],
    "order": "Reihenfolge: Demodaten",
    "notes": ["Ein Hinweis"],
    "papers": ["Geburtsurkunde"],
    "demo": True,
    "rendered_at": str(date(2026, 3, 2)),
}
LONG = "Ein langer Grund, der über mehr als eine Seite geht. " * 200
SHEETS: dict[str, tuple[str, dict[str, Any]]] = {
    "permit": ("letter.typ", LETTER),
    "rejection of many pages": (
        "letter.typ",
        {**LETTER, "validity": None, "rows": [], "reason": f"{LONG}\n{LONG}"},
    ),
    "of long words": (
        "letter.typ",
        {
            **LETTER,
            "title": "Ablehnung: Bewohnerparkausweis mit Ausnahmegenehmigung im Gesamtstadtgebiet beantragen",
            "text": "Straßenverkehrsordnungswidrigkeitenverfahren " * 20,
        },
    ),
    "automatic": ("letter.typ", {**LETTER, "automatic": "Eine Regel hat entschieden.", "demo": False}),
    "receipt": ("letter.typ", {**LETTER, "code": "", "ask_at": "", "rows": [["Frage", LONG]] * 3}),
    "for another authority": ("prepared.typ", PREPARED),
}
SHOWS = {
    b"Tj",
    b"TJ",
    b"'",
    b'"',
    b"S",
    b"s",
    b"f",
    b"F",
    b"f*",
    b"B",
    b"B*",
    b"b",
    b"b*",
    b"Do",
    b"sh",
    b"EI",
}
"""Operators that put something on paper."""
# fmt: off
STANDARD = {
    "Document", "Part", "Sect", "Div", "P", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody",
    "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Link", "Figure", "Note", "Reference",
    "Strong", "Em",
}
# fmt: on
YES = BooleanObject(value=True)
INSIDE = {
    "TR": {"Table", "THead", "TBody", "TFoot"},
    "TH": {"TR"},
    "TD": {"TR"},
    "LI": {"L"},
    "LBody": {"LI"},
}
"""Where elements have to be."""


def faults_of(content: bytes) -> list[str]:
    """What ISO 14289-1 asks for and this PDF lacks, as far as it is looked at here."""
    reader = PdfReader(io.BytesIO(content))
    return [*_document(reader), *_tree(reader), *_pages(reader), *_links(reader), *_fonts(reader)]


def _document(reader: PdfReader) -> Iterator[str]:
    root: Any = reader.root_object
    if root.get("/MarkInfo", {}).get("/Marked") != YES or root["/MarkInfo"].get("/Suspects") == YES:
        yield "7.1: it is not marked"
    if not str(root.get("/Lang", "")).startswith("de"):
        yield "7.2: no language"
    if root.get("/ViewerPreferences", {}).get("/DisplayDocTitle") != YES:
        yield "7.1: the title is not shown"
    told = root["/Metadata"].get_object().get_data().decode() if "/Metadata" in root else ""
    if "pdfuaid:part>1<" not in told and 'pdfuaid:part="1"' not in told:
        yield "5: it does not call itself PDF/UA-1"
    if "dc:title" not in told or not (reader.metadata and reader.metadata.title):
        yield "7.1: no title"
    if reader.is_encrypted:
        yield "7.16: encrypted"


def _elements(node: Any, above: str, roles: dict[str, str]) -> Iterator[tuple[Any, str, str]]:
    """Each element of the structure with its type and that of the element it is in."""
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from _elements(one, above, roles)
    elif isinstance(node, dict) and "/S" in node:
        kind = roles.get(str(node["/S"]), str(node["/S"]))[1:]
        yield node, kind, above
        if "/K" in node:
            yield from _elements(node["/K"], kind, roles)
    elif isinstance(node, dict) and node.get("/Type") == "/StructTreeRoot" and "/K" in node:
        yield from _elements(node["/K"], "", roles)


def _tree(reader: PdfReader) -> Iterator[str]:
    root: Any = reader.root_object
    if "/StructTreeRoot" not in root:
        yield "7.1: no structure"
        return
    tree = root["/StructTreeRoot"].get_object()
    roles = {str(k): str(v) for k, v in tree.get("/RoleMap", {}).items()}
    level = 0
    for node, kind, above in _elements(tree, "", roles):
        if kind not in STANDARD:
            yield f"7.1: {kind} is no standard type"
        if kind in INSIDE and above not in INSIDE[kind]:
            yield f"7.5: {kind} lies in {above}"
        if kind == "Figure" and not (node.get("/Alt") or node.get("/ActualText")):
            yield "7.3: a figure without a text"
        if kind == "TH" and not any("/Scope" in one for one in _attributes(node)):
            yield "7.5: a header cell without scope"
        if len(kind) == len("H1") and kind[0] == "H":
            deep = int(kind[1])
            if deep > level + 1:
                yield f"7.4: H{deep} after H{level}"
            level = deep
    if level == 0:
        yield "7.4: no heading"


def _attributes(node: Any) -> list[Any]:
    found = node.get("/A", [])
    found = found.get_object() if hasattr(found, "get_object") else found
    return [one.get_object() for one in found] if isinstance(found, list) else [found]


def _pages(reader: PdfReader) -> Iterator[str]:
    referenced = _referenced(reader)
    for number, page in enumerate(reader.pages):
        marks: list[bool] = []
        seen: set[int] = set()
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator in (b"BMC", b"BDC"):
                about = operands[1] if operator == b"BDC" else {}
                if isinstance(about, dict) and "/MCID" in about:
                    seen.add(int(about["/MCID"]))
                    marks.append(True)
                else:
                    marks.append(operands[0] == "/Artifact" or any(marks))
            elif operator == b"EMC":
                marks.pop()
            elif operator in SHOWS and not any(marks):
                yield f"7.1: page {number + 1} shows something that is neither content nor artifact"
                return
        if seen != referenced.get(number, set()):
            yield f"7.1: page {number + 1}: what is marked is not what the structure names"


def _links(reader: PdfReader) -> Iterator[str]:
    for number, page in enumerate(reader.pages):
        for one in page.get("/Annots", []):
            link = one.get_object()
            if page.get("/Tabs") != "/S":
                yield f"7.18: page {number + 1} is not gone through by structure"
            if link.get("/Subtype") == "/Link" and not ("/StructParent" in link and link.get("/Contents")):
                yield "7.18: a link without structure or text"


def _referenced(reader: PdfReader) -> dict[int, set[int]]:
    """Which marked pieces of which page the structure names."""
    numbers = {
        page.indirect_reference.idnum: at for at, page in enumerate(reader.pages) if page.indirect_reference
    }
    root: Any = reader.root_object
    found: dict[int, set[int]] = {}
    for node, _, _ in _elements(root.get("/StructTreeRoot", NullObject()), "", {}):
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            plain = kid.get_object() if hasattr(kid, "get_object") else kid
            page = node
            if isinstance(plain, dict):
                if plain.get("/Type") != "/MCR":
                    continue
                page, plain = (plain if "/Pg" in plain else node), plain["/MCID"]
            found.setdefault(numbers[page.raw_get("/Pg").idnum], set()).add(int(plain))
    return found


def _fonts(reader: PdfReader) -> Iterator[str]:
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            about = font.get_object()
            if "/ToUnicode" not in about:
                yield f"7.21: {about['/BaseFont']} does not say what its signs mean"
            for inner in about.get("/DescendantFonts", [about]):
                described = inner.get_object().get("/FontDescriptor", {})
                if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(described):
                    yield f"7.21: {about['/BaseFont']} is not embedded"


@pytest.mark.parametrize("name", SHEETS)
def test_what_we_print_is_accessible(name: str) -> None:
    template, sheet = SHEETS[name]
    content = render(json.dumps(sheet), 1772442000, template)
    assert faults_of(content) == []
    if "many pages" in name:
        assert len(PdfReader(io.BytesIO(content)).pages) > 1
    said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    for shown in filter(None, (sheet.get("reference"), sheet.get("code"))):
        assert shown in said, "what is copied from it is what stands there"
    assert "\u00ad" not in said


def spoilt(change: Callable[[PdfWriter], None]) -> list[str]:
    writer = PdfWriter(clone_from=io.BytesIO(render(json.dumps(LETTER), 1772442000)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return faults_of(out.getvalue())


def without(*path: str) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        place: Any = writer.root_object
        for name in path[:-1]:
            place = place[name].get_object()
        del place[NameObject(path[-1])]

    return change


def unmarked(writer: PdfWriter) -> None:
    for page in writer.pages:
        content = ContentStream(page.get_contents(), writer)
        content.operations = [one for one in content.operations if one[1] not in (b"BDC", b"BMC", b"EMC")]
        page.replace_contents(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("/MarkInfo"), "not marked"),
        (without("/Lang"), "no language"),
        (without("/ViewerPreferences", "/DisplayDocTitle"), "title is not shown"),
        (without("/Metadata"), "does not call itself"),
        (without("/StructTreeRoot"), "no structure"),
        (unmarked, "neither content nor artifact"),
    ],
)
def test_what_is_missing_is_found(change: Callable[[PdfWriter], None], said: str) -> None:
    assert any(said in fault for fault in spoilt(change))


def test_wrong_structure_is_found() -> None:
    jumps = b'#set document(title: "x")\n#set text(lang: "de")\n= Eins\n=== Drei\n#table([a], [b])'
    found = faults_of(typst.compile(jumps, format="pdf"))
    assert "7.4: H3 after H1" in found
    assert any("PDF/UA-1" in fault for fault in found)
