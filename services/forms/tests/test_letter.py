# SPDX-License-Identifier: EUPL-1.2
"""The printed letter: everything it has to say, tagged, with language and title (PDF/UA-1)."""

import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from mash_forms.gateways.printer import render

SHEET = {
    "city": "Stadt Heidelberg",
    "office": "Bürgeramt",
    "contact": [["Anschrift", "Musterstraße 1 (Demodaten)"]],
    "title": "Bewohnerparkausweis",
    "reference": "HD-7K2M-9QXC",
    "dated": "2.3.2026",
    "addressee": "Ünal O'Neill-Świątek",
    "text": "Sie dürfen parken.",
    "reason": "",
    "rows": [["Kennzeichen", "HD-AB 123"]],
    "validity": ["1.4.2026", "31.3.2027"],
    "demo": True,
    "automatic": "",
    "code": "7K2M-9QXC-4TRB-W0ZD",
    "ask_at": "https://heidelberg.example/verify",
}


def printed(**changes: Any) -> PdfReader:
    return PdfReader(io.BytesIO(render(json.dumps({**SHEET, **changes}), 1772442000)))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_it_says_everything() -> None:
    text = text_of(printed())
    for said in (
        "Stadt Heidelberg", "Bürgeramt", "Bewohnerparkausweis", "HD-7K2M-9QXC", "2.3.2026", "HD-AB 123",
        "Ünal O'Neill-Świątek", "Gültig vom 1.4.2026 bis zum 31.3.2027", "Demodaten",
    ):  # fmt: skip
        assert said in text
    assert "Begründung" not in text


def test_it_is_tagged_and_has_language_and_title() -> None:
    reader = printed()
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("de")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Bewohnerparkausweis"
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_a_rejection_says_why() -> None:
    text = text_of(printed(reason="Erster Grund.\nZweiter Grund.", validity=None, rows=[]))
    assert "Begründung Erster Grund. Zweiter Grund." in text
    assert "Gültigkeit" not in text


@pytest.mark.parametrize("typed", ["#panic()", "$ x", "*[link]", '#read("/etc/passwd")', "\\", "<a>", "// x"])
def test_nothing_typed_is_read_as_markup(typed: str) -> None:
    assert typed in text_of(printed(addressee=typed, rows=[["Kennzeichen", typed]]))


def test_the_same_sheet_gives_the_same_bytes() -> None:
    sheet = json.dumps(SHEET)
    assert render(sheet, 1772442000) == render(sheet, 1772442000)


def test_a_long_reason_flows_over_pages() -> None:
    reader = printed(reason="Ein langer Grund. " * 400)
    assert len(reader.pages) > 1
    assert "Seite 2" in reader.pages[1].extract_text()
