# SPDX-License-Identifier: EUPL-1.2
"""An imported form filled in: choices, amounts, code lists, and answers that go back to FIM's ids."""

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.answers import posted
from mash_forms.model.complaints import complaints
from mash_forms.model.filling import fill
from mash_forms.model.form import Form
from mash_forms.model.formats import Validator
from mash_tools.cities.checker import check
from mash_tools.xdf.commands import main

CITIES = Path(__file__).parents[3] / "cities"
TODAY = date(2026, 3, 2)
SPACE = "urn:xoev-de:fim:standard:xdatenfelder_3.0.0"


def ident(letter: str, number: int, version: str = "1.0.0") -> str:
    return f"<identifikation><id>{letter}{number:08}</id><version>{version}</version></identifikation>"


def part(inside: str, count: str = "1:1") -> str:
    return f"<struktur><anzahl>{count}</anzahl><enthaelt>{inside}</enthaelt></struktur>"


def field(number: int, count: str = "1:1", type_: str = "text", kind: str = "input", more: str = "") -> str:
    return part(
        f"<datenfeld>{ident('F', number, f'1.{number}.0')}<name>Feld {number}</name>"
        f"<feldart><code>{kind}</code></feldart><datentyp><code>{type_}</code></datentyp>{more}</datenfeld>",
        count,
    )


def group(number: int, *inside: str, count: str = "1:1", art: str = "") -> str:
    art = art and f"<art><code>{art}</code></art>"
    return part(
        f"<datenfeldgruppe>{ident('G', number, f'2.{number}.0')}<name>Gruppe {number}</name>{art}"
        f"{''.join(inside)}</datenfeldgruppe>",
        count,
    )


def schema(*inside: str) -> str:
    return (
        f'<xdatenfelder.stammdatenschema.0102 xmlns="{SPACE}"><stammdatenschema>{ident("S", 1)}'
        f"<name>Prüfdaten</name>{''.join(inside)}</stammdatenschema></xdatenfelder.stammdatenschema.0102>"
    )


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    return shutil.copytree(CITIES, tmp_path / "cities")


def imported(cities: Path, xml: str, *more: str) -> int:
    file = cities.parent / "schema.xml"
    file.write_text(xml, encoding="utf-8")
    asked = ["import", str(file), "--city", "heidelberg", "--name", "probe", "--cities", str(cities), *more]
    return main(asked)


async def form_of(cities: Path, xml: str, *more: str) -> Form:
    assert imported(cities, xml, *more) == 0
    assert check(cities, ["heidelberg"]) == []
    form = await CityFiles(cities).form("heidelberg", "probe")
    assert form is not None
    return form


def wrong(form: Form, data: dict[str, Any]) -> set[str]:
    return {one.name for one in complaints(form, data, TODAY)}


def asked(form: Form, data: dict[str, Any]) -> set[str]:
    return set(fill(form, data, TODAY).fields)


async def test_of_a_choice_group_exactly_one_part_is_given(cities: Path) -> None:
    form = await form_of(
        cities,
        schema(
            group(1, field(1, "0:1"), group(2, field(2), field(3, "0:1"), count="0:1"), art="X"), field(4)
        ),
    )
    assert [option.value for option in form.fields["g00000001"].options] == ["f00000001", "g00000002"]
    assert wrong(form, {"f00000004": "x"}) == {"g00000001"}
    one = {"g00000001": "f00000001", "f00000004": "x"}
    assert asked(form, one) == {"g00000001", "f00000001", "f00000004"}
    assert wrong(form, one) == {"f00000001"}
    assert wrong(form, {**one, "f00000001": "y"}) == set()
    other = {"g00000001": "g00000002", "f00000004": "x"}
    assert wrong(form, other) == {"f00000002"}
    both = {**other, "f00000002": "y", "f00000001": "what was typed before"}
    assert "f00000001" not in fill(form, both, TODAY).data
    assert wrong(form, both) == set()


async def test_a_choice_may_be_optional_and_lie_in_another_one_and_in_rows(cities: Path) -> None:
    inner = group(3, field(2, "0:1"), field(3, "0:1"), count="0:1", art="X")
    form = await form_of(
        cities,
        schema(
            group(1, field(1, "0:1"), inner, count="0:1", art="X"),
            group(4, field(5), group(5, field(6, "0:1"), field(7, "0:1"), art="X"), count="1:*"),
        ),
    )
    row = {"f00000005": "x", "g00000005": "f00000006", "f00000006": "y"}
    assert wrong(form, {"g00000004": [row]}) == set()
    assert wrong(form, {"g00000004": [{"f00000005": "x"}]}) == {"g00000004/0/g00000005"}
    assert wrong(form, {"g00000004": [{**row, "g00000005": "f00000007"}]}) == {"g00000004/0/f00000007"}
    nested = {"g00000001": "g00000003", "g00000004": [row]}
    assert wrong(form, nested) == {"g00000003"}
    assert wrong(form, {**nested, "g00000003": "f00000003"}) == {"f00000003"}


WHOLE = schema(
    field(1),
    group(1, field(2), group(2, field(3, "0:1"), field(4, type_="bool"), count="0:1")),
    group(3, field(5), group(4, field(2)), count="1:3"),
    group(5, field(6, "0:2"), field(7, kind="hidden", more="<inhalt>fest</inhalt>"), field(8, kind="label")),
    group(6, field(9, "0:1"), group(7, field(10, type_="num_currency"), count="0:1"), art="X"),
)


def test_answers_go_back_to_the_ids_and_versions_of_fim(
    cities: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(cities, WHOLE) == 0
    form = cities / "heidelberg" / "forms" / "probe.yaml"
    answers = cities.parent / "answers.json"
    data = {
        "f00000001": "a", "f00000002": "b", "f00000003": "c", "f00000004": True,
        "g00000003": [{"f00000005": "d", "f00000002": "e"}, {"f00000005": "f", "f00000002": "g"}],
        "f00000006": [{"f00000006": "h"}, {"f00000006": "i"}],
        "g00000006": "g00000007", "f00000010": 19.99,
    }  # fmt: skip
    answers.write_text(json.dumps(data), encoding="utf-8")
    capsys.readouterr()
    assert main(["answers", str(form), str(answers)]) == 0

    def written(one: dict[str, Any]) -> str:
        path = [*one["within"], one]
        named = "/".join(
            f"{p['id'][0]}{int(p['id'][1:])}V{p['version']}" + (f"#{p['row']}" if "row" in p else "")
            for p in path
        )
        return f"{named}={one['value']}"

    assert [written(one) for one in json.loads(capsys.readouterr().out)] == [
        "F1V1.1.0=a",
        "G1V2.1.0/F2V1.2.0=b",
        "G1V2.1.0/G2V2.2.0/F3V1.3.0=c",
        "G1V2.1.0/G2V2.2.0/F4V1.4.0=True",
        "G3V2.3.0#1/F5V1.5.0=d",
        "G3V2.3.0#1/G4V2.4.0/F2V1.2.0=e",
        "G3V2.3.0#2/F5V1.5.0=f",
        "G3V2.3.0#2/G4V2.4.0/F2V1.2.0=g",
        "G5V2.5.0/F6V1.6.0#1=h",
        "G5V2.5.0/F6V1.6.0#2=i",
        "G6V2.6.0/G7V2.7.0/F10V1.10.0=19.99",
        "G5V2.5.0/F7V1.7.0=fest",
    ]


@pytest.mark.parametrize("said", ['{"g00000003": 1}', '{"g00000003": [1]}', "[]", "{", ""])
def test_what_are_no_answers_is_refused(cities: Path, capsys: pytest.CaptureFixture[str], said: str) -> None:
    assert imported(cities, WHOLE) == 0
    file = cities.parent / "answers.json"
    file.write_text(said, encoding="utf-8")
    assert main(["answers", str(cities / "heidelberg" / "forms" / "probe.yaml"), str(file)]) == 2
    assert str(file) in capsys.readouterr().err


def test_every_field_of_the_schema_is_in_the_file_with_version_and_groups(cities: Path) -> None:
    imported(cities, WHOLE)
    form = yaml.safe_load((cities / "heidelberg" / "forms" / "probe.yaml").read_text(encoding="utf-8"))
    found = {f"{one['id']} {one['version']}" for one in (*_fims(form["steps"]), *form["fim_unasked"])}
    assert {f"F{number:08} 1.{number}.0" for number in range(1, 11)} <= found


def _fims(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [one for inside in node for one in _fims(inside)]
    if not isinstance(node, dict):
        return []
    own = [node["fim"]] if "fim" in node else []
    return own + [one for key, value in node.items() if key != "fim" for one in _fims(value)]


def test_what_is_no_imported_form_has_no_answers_by_fim(
    cities: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = cities / "heidelberg" / "forms" / "blaue-tonne.yaml"
    file = cities.parent / "a.json"
    file.write_text("{}", encoding="utf-8")
    assert main(["answers", str(form), str(file)]) == 2
    assert "no form made by" in capsys.readouterr().err
    file.write_text("{", encoding="utf-8")
    assert main(["answers", str(form), str(file)]) == 2


async def test_every_amount_of_whole_cents_is_taken_and_no_other(cities: Path) -> None:
    form = await form_of(cities, schema(field(1, type_="num_currency")))

    def said(text: str) -> set[str]:
        return wrong(form, posted(form.fields.values(), {"f00000001": text}, "de"))

    for text in ("19,99", "0,07", "33,33", "0,1", "7", "1,10", "-0,01", "9007199254740,91"):
        assert said(text) == set(), text
    for text in ("19,999", "0,001", "1e-3", "0.1", "33,333", "90071992547409,91"):
        assert said(text) == {"f00000001"}, text

    @settings(max_examples=400, deadline=None)
    @given(st.integers(-(10**13), 10**13), st.integers(1, 9))
    def of_any(cents: int, tenth: int) -> None:
        assert said(str(Decimal(cents) / 100).replace(".", ",")) == set()
        assert said(str(Decimal(cents * 10 + tenth) / 1000).replace(".", ",")) == {"f00000001"}

    of_any()


@pytest.mark.parametrize(
    ("value", "of", "is_one"),
    [(19.99, 0.01, True), (1e308, 0.01, True), (10**400, 0.01, True), (7, 2, False), (8, 2, True),
     (float("nan"), 0.01, False), (float("inf"), 1, False), (True, 2, True), ("x", 2, True)],
)  # fmt: skip
def test_multiples_are_those_of_the_digits(value: object, of: float, is_one: object) -> None:
    assert Validator({"multipleOf": of}).is_valid(value) is is_one


GENERICODE = """<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">
 <Identification><ShortName>staat</ShortName><Version>2</Version>
  <CanonicalUri>urn:de:example:staat</CanonicalUri>
  <CanonicalVersionUri>urn:de:example:staat_2</CanonicalVersionUri></Identification>
 <ColumnSet><Column Id="lang" Use="required"/><Column Id="code" Use="required"/>
  <Key Id="k"><ColumnRef Ref="code"/></Key></ColumnSet>
 <SimpleCodeList>
  <Row><Value ColumnRef="code"><SimpleValue>000</SimpleValue></Value>
   <Value ColumnRef="lang"><SimpleValue>Deutschland</SimpleValue></Value></Row>
  <Row><Value><SimpleValue>Frankreich</SimpleValue></Value><Value><SimpleValue>129</SimpleValue></Value></Row>
 </SimpleCodeList>
</gc:CodeList>"""


def code_list(version: str, more: str = "") -> str:
    said = version and f"<version>{version}</version>"
    name = f"<canonicalIdentification>urn:de:example:staat</canonicalIdentification>{said}"
    reference = f"<codelisteReferenz>{name}</codelisteReferenz>{more}"
    return schema(field(1, kind="select", more=reference))


@pytest.mark.parametrize("version", ["", "2"])
async def test_a_code_list_elsewhere_can_be_handed_over(cities: Path, version: str) -> None:
    file = cities.parent / "staat.xml"
    file.write_text(GENERICODE, encoding="utf-8")
    form = await form_of(cities, code_list(version), "--codes", str(file))
    options = {option.value: option.label for option in form.fields["f00000001"].options}
    assert options == {"000": "Deutschland", "129": "Frankreich"}
    assert wrong(form, {"f00000001": "129"}) == set()
    assert wrong(form, {"f00000001": "Frankreich"}) == {"f00000001"}


async def test_the_field_says_which_columns_count(cities: Path) -> None:
    file = cities.parent / "staat.xml"
    file.write_text(GENERICODE, encoding="utf-8")
    columns = "<codeKey>lang</codeKey><nameKey>code</nameKey>"
    form = await form_of(cities, code_list("2", columns), "--codes", str(file))
    assert [option.value for option in form.fields["f00000001"].options] == ["Deutschland", "Frankreich"]


def test_a_code_list_that_is_not_asked_for_is_told(cities: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = cities.parent / "staat.xml"
    file.write_text(GENERICODE, encoding="utf-8")
    assert imported(cities, code_list("3"), "--codes", str(file)) == 0
    told = capsys.readouterr().out
    assert "any text is taken" in told
    assert "urn:de:example:staat_2 is asked for by no selection" in told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("CodeList", "Liste", "no code list"),
        ("</ColumnSet>", "", "no well-formed XML"),
        ('ColumnRef="lang"', 'ColumnRef="x"', "belongs to no column"),
        ('<Column Id="lang"', "<Column ", "no <Column> with an Id"),
        ("<SimpleCodeList>", "<SimpleCodeList/><SimpleCodeList>", "twice"),
    ],
)
def test_a_broken_code_list_is_refused_with_line_and_column(
    cities: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, says: str
) -> None:
    file = cities.parent / "staat.xml"
    assert old in GENERICODE
    file.write_text(GENERICODE.replace(old, new), encoding="utf-8")
    assert imported(cities, code_list("2"), "--codes", str(file)) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{file}:")
    assert says in told
    assert not (cities / "heidelberg" / "forms" / "probe.yaml").exists()
