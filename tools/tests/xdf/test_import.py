# SPDX-License-Identifier: EUPL-1.2
"""`./mash form import`: a working form, every id of FIM kept, nothing dropped in silence, damage refused."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.complaints import complaints
from mash_tools.cities.checker import check
from mash_tools.xdf.commands import main
from mash_tools.xdf.making import form_of
from mash_tools.xdf.schema import BrokenSchema, read

CITIES = Path(__file__).parents[3] / "cities"
DATA = Path(__file__).parent / "data"
FILES = {3: DATA / "hund-anmelden.xdf3.xml", 2: DATA / "hund-abmelden.xdf2.xml"}
BOTH = pytest.mark.parametrize("file", FILES.values(), ids=["3.0.0", "2.0"])


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    return shutil.copytree(CITIES, tmp_path / "cities")


def imported(file: Path, cities: Path, *more: str) -> int:
    return main(
        ["import", str(file), "--city", "heidelberg", "--name", "hund", "--cities", str(cities), *more]
    )


def form_file(cities: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((cities / "heidelberg" / "forms" / "hund.yaml").read_text(encoding="utf-8")))


def idents(node: Any) -> set[tuple[str, str]]:
    """All ids of FIM a form's file holds, with their versions."""
    found: set[tuple[str, str]] = set()
    if isinstance(node, dict):
        if re.fullmatch(r"[SGFR]\d+", str(node.get("id", ""))):
            found.add((node["id"], node["version"]))
        inside = list(node.values())
    else:
        inside = node if isinstance(node, list) else []
    return found.union(*map(idents, inside)) if inside else found


def in_xml(file: Path) -> set[tuple[str, str]]:
    namespace = "{*}"
    return {
        (one.findtext(f"{namespace}id") or "", one.findtext(f"{namespace}version") or "")
        for one in ET.parse(file).iter()  # noqa: S314 — a file of ours
        if one.tag.endswith("}identifikation")
    }


@BOTH
def test_it_makes_a_form_without_a_fault(
    file: Path, cities: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(file, cities) == 0
    assert check(cities, ["heidelberg"]) == []
    assert "in order" in capsys.readouterr().out


@BOTH
def test_ids_come_back_as_they_went_in(file: Path, cities: Path) -> None:
    imported(file, cities)
    kept = idents(form_file(cities))
    assert kept == in_xml(file)
    assert {ident for ident, _ in kept} >= {"F90000001", "F90000003", "G90000001"}


@BOTH
def test_rules_it_cannot_run_are_listed(file: Path, cities: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(file, cities)
    told = capsys.readouterr().out
    rules = form_file(cities)["fim_rules"]
    assert {(rule["id"], rule["version"]) for rule in rules} == {
        one for one in in_xml(file) if one[0].startswith("R")
    }
    assert all(rule["text"] and rule["text"] in told and rule["at"] for rule in rules)


async def test_the_form_works(cities: Path) -> None:
    imported(FILES[3], cities)
    form = await CityFiles(cities).form("heidelberg", "hund")
    assert form is not None
    dog = {"f90000005": "Bello", "f90000006": "001", "f90000007": 40}
    right: dict[str, Any] = {
        "f90000001": "Beispiel",
        "f90000003": "69115",
        "f90000004": "Heidelberg",
        "g90000003": [dog, dog],
        "f90000009": ["0190b5a0-0000-7000-8000-000000000000"],
        "f90000013": True,
    }
    today = date(2026, 3, 2)
    assert complaints(form, right, today) == []
    assert form.shown("f90000013", True) == "Ja"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"f90000003": "6911"}, "f90000003"),
        ({"f90000003": "691155"}, "f90000003"),
        ({"f90000004": "x" * 41}, "f90000004"),
        ({"g90000003": []}, "g90000003"),
        ({"g90000003": [{**dog, "f90000006": "003"}]}, "g90000003/0/f90000006"),
        ({"g90000003": [{**dog, "f90000007": 121}]}, "g90000003/0/f90000007"),
        ({"f90000009": []}, "f90000009"),
        ({"f90000010": -1}, "f90000010"),
    ]
    for changed, at in wrong:
        assert at in {one.name for one in complaints(form, {**right, **changed}, today)}, changed


SPOILT = [
    ("<xdf:id>F90000001</xdf:id>", "<xdf:id/>", "is empty"),
    ("<xdf:id>F90000001</xdf:id>", "<xdf:id>X1</xdf:id>", "is no id"),
    ("<xdf:id>F90000001</xdf:id>", "", "<id> is missing"),
    ("<xdf:id>F90000001</xdf:id>", "<xdf:id>F90000001</xdf:id><xdf:id>F90000001</xdf:id>", "twice"),
    ("<code>6</code>", "<code>9</code>", "freigabestatus"),
    ("<code>date</code>", "<code>day</code>", "<datentyp> 'day'"),
    ("<xdf:anzahl>1:*</xdf:anzahl>", "<xdf:anzahl>3:2</xdf:anzahl>", "number of times"),
    ("<xdf:name>Familienname</xdf:name>", "<xdf:name>Familienname</xdf:name><xdf:x/>", "does not belong"),
    ("</xdf:stammdatenschema>", "", "no well-formed XML"),
    ("xdatenfelder_3.0.0", "xdatenfelder_4", "namespace"),
    ("<!-- Made", "<!DOCTYPE x [<!ENTITY a 'b'>]><!-- Made", "DOCTYPE"),
]


@pytest.mark.parametrize(("old", "new", "says"), SPOILT, ids=[says for _, _, says in SPOILT])
def test_broken_xml_is_refused_with_line_and_column(
    cities: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, says: str
) -> None:
    text = FILES[3].read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "spoilt.xml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert imported(file, cities) == 2
    told = capsys.readouterr().err
    place = re.match(rf"{re.escape(str(file))}:(\d+):(\d+): ", told)
    assert place, told
    assert says in told
    if says not in {"no well-formed XML", "namespace"}:
        lines = text[: text.index(old)].count("\n") + 1
        # An element that is missing is said where it should be: at the one around it.
        assert int(place[1]) in {lines, lines - 1}
    assert not (cities / "heidelberg" / "forms" / "hund.yaml").exists()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_gets_further_than_a_refusal(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(sorted(FILES.values()))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    try:
        schema = read(bytes(body))
    except BrokenSchema as refused:
        place = refused.line, refused.column
        assert min(place) >= 1
        return
    assert form_of(schema, name="x", office="x", situation="x").form["steps"] is not None


def test_a_form_is_not_written_over_unasked(cities: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(FILES[3], cities) == 0
    assert imported(FILES[2], cities) == 2
    assert "--replace" in capsys.readouterr().err
    assert imported(FILES[2], cities, "--replace") == 0
    assert form_file(cities)["fim"]["id"] == "S90000002"


@pytest.mark.parametrize("name", ["../x", "Hund", "", "hund/x"])
def test_a_name_is_no_path(cities: Path, name: str) -> None:
    asked = ["import", str(FILES[3]), "--city", "heidelberg", "--name", name, "--cities", str(cities)]
    assert main(asked) == 2
