# SPDX-License-Identifier: EUPL-1.2
"""The cities' folders: ours are in order, each kind of fault is told with its place, a city is a folder."""

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mash_forms.model.definition import content_of
from mash_sdk.tenants import Tenants
from mash_tools.cities.checker import check
from mash_tools.cities.commands import main
from mash_tools.cities.contrast import ENOUGH, contrast
from mash_tools.cities.published import altered
from mash_tools.cities.source import read
from mash_tools.realms.people import people_of

CITIES = Path(__file__).parents[2] / "cities"
NAMES = ("heidelberg", "heilbronn", "mannheim")
FORM = "forms/bewohnerparkausweis.yaml"
WHOLE = Path(__file__).parent / "data" / "bewohnerparkausweis.yaml"
RULE = "rules/frost.toml"


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    """A copy of our cities to be spoilt; one form of it stands on its own."""
    copy = shutil.copytree(CITIES, tmp_path / "cities")
    shutil.copy(WHOLE, copy / "heidelberg" / FORM)
    return copy


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"the test's own premise: {old!r} is in {file}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(file: Path, text: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_our_cities_are_in_order() -> None:
    assert tuple(sorted(Tenants.load(CITIES, "http://localhost:8000"))) == NAMES
    assert check(CITIES, []) == []


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)  # the well-known near miss
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)


def test_a_published_version_that_says_something_else_is_a_fault(cities: Path) -> None:
    form = "bewohnerparkausweis"
    same = content_of(read(cities / f"heidelberg/forms/{form}.yaml").data)
    assert altered(cities, ["heidelberg"], {("heidelberg", form, "1"): same}) == []
    assert altered(cities, ["heidelberg"], {("heidelberg", form, "2"): "other"}) == []
    [fault] = altered(cities, ["heidelberg"], {("heidelberg", form, "1"): "other"})
    assert fault.line == line_of(fault.file, "version:")
    assert "version 1 is published" in fault.what


@pytest.mark.parametrize("name", NAMES)
def test_colours_can_be_read(name: str) -> None:
    colours = tomllib.loads((CITIES / name / "portal.toml").read_text(encoding="utf-8"))["colours"]
    for front, back in (("on_primary", "primary"), ("on_accent", "accent"), ("text", "surface")):
        assert contrast(colours[front], colours[back]) >= ENOUGH


@pytest.mark.parametrize("name", NAMES)
def test_amounts_are_whole_cents_and_say_where_they_come_from(name: str) -> None:
    fees = tomllib.loads((CITIES / name / "fees.toml").read_text(encoding="utf-8"))["fees"]
    assert fees
    for fee in fees.values():
        assert isinstance(fee["cents"], int)
        assert fee["currency"] == "EUR"
        assert ("source" in fee) != (fee.get("demo") is True)


SPOILT: list[tuple[str, str, str, str, str]] = [
    ("city.toml", 'name = "heidelberg"', 'name = "bergheim"', "bergheim", "write 'heidelberg'"),
    ("city.toml", 'ags = "08221000"', 'ags = "8221000"', "ags =", "eight digits"),
    ("city.toml", 'reference = "HD"', 'reference = "hd"', "reference", "capital letters"),
    ("city.toml", 'ars = "082210000000"', 'ars = "081210000000"', "SPDX", "different municipalities"),
    ("city.toml", 'timezone = "Europe/Berlin"', 'timezone = "Europa/Berlin"', "timezone", "no time zone"),
    ("city.toml", 'timezone = "Europe/Berlin"', 'zone = "Europe/Berlin"', "zone =", "zone is not known here"),
    ("city.toml", "demo = true", "demo = ja", "demo = ja", "correct the syntax"),
    ("portal.toml", "as_of = 2025-07-24 }", "demo = true }", "phone =", "marked as demo"),
    (
        "portal.toml",
        'online für Sie da", demo = true',
        'online für Sie da"',
        "claim =",
        "fact without origin",
    ),
    ("portal.toml", 'primary = "#8a1328"', 'primary = "#e98"', "primary =", "write #rrggbb"),
    ("portal.toml", 'primary = "#8a1328"', 'primary = "#ee9988"', "[colours]", "too little contrast"),
    ("portal.toml", 'slug = "wohnen-und-umzug"', 'slug = "auto-und-verkehr"', "", "there twice"),
    ("portal.toml", 'icon = "car"', 'icon = "auto"', "icon =", "choose"),
    ("offices.toml", 'id = "buergeramt"', 'id = "rathaus"', "", "office 'buergeramt' is not in offices.toml"),
    ("fees.toml", 'currency = "EUR"', "", "[fees.parkausweis-jahr]", "currency is missing"),
    ("fees.toml", 'currency = "EUR"', 'currency = "CHF"', "currency =", "choose 'EUR'"),
    ("fees.toml", "cents = 12000", "cents = 120.0", "cents =", "valid integer"),
    (
        "fees.toml",
        "[fees.parkausweis-jahr]",
        "[fees.parken]",
        "",
        "fee 'parkausweis-jahr' is not in fees.toml",
    ),
    ("payments.toml", "demo = true", "", "[xbezahldienste]", "fact without origin"),
    ("payments.toml", "endpoint_id =", "endpoint_id", "endpoint_id", "correct the syntax"),
    ("payments.toml", '"08221000"', "8221000", "endpoint_id =", "valid string"),
    ("notify.toml", "[email]", "[email", "[email", "correct the syntax"),
    ("notify.toml", 'name = "Stadt Heidelberg"', "", "[email]", "name is missing"),
    ("notify.toml", "noreply@", "noreply.", "address =", "is not right"),
    ("people.toml", 'roles = ["clerk"]', 'roles = ["mayor"]', "mayor", "choose"),
    (
        "people.toml",
        'roles = ["clerk"]',
        'roles = ["clerk"]\noffices = ["rathaus"]',
        "rathaus",
        "not in offices.toml",
    ),
    (
        "people.toml",
        'roles = ["citizen"]',
        'roles = ["citizen"]\noffices = ["buergeramt"]',
        "offices",
        "no clerk",
    ),
    (FORM, "office: buergeramt", "office: rathaus", "office: rathaus", "or buergeramt"),
    (FORM, "situations: [auto", "situations: [autos", "situations:", "'autos-und-verkehr' is not in portal"),
    (FORM, "name: bewohnerparkausweis", "name: parkausweis", "name: parkausweis", "as the file"),
    (FORM, 'version: "1"', "version: 1", "version: 1", "number in quotes"),
    (FORM, "path: /plate", "path: /licence", "path: /licence", "/licence is not in data.properties"),
    (FORM, "path: /plate", "path: /street", "path: /street", "asked twice"),
    (FORM, "path: /plate", "path: /id", "path: /id", "/id is what the page itself sends"),
    (FORM, "path: /plate", "path: /csrf", "path: /csrf", "choose another name"),
    (FORM, "{type: string, pattern: '^[0-9]{5}$'}", "{$ref: '#/x'}", "postal_code:", "refer elsewhere"),
    (FORM, "from: /valid_from", "from: /street", "validity:", "/street is no date"),
    (FORM, "keeper, valid_from]", "keeper]", "validity:", "/valid_from need not be answered"),
    ("city.toml", 'reference = "HD"', 'reference = "HÖ"', "reference", "capital letters"),
    (FORM, "type: boolean", "type: bool", "keeper:", "no JSON Schema"),
    (FORM, "'^[0-9]{5}$'", "'^[0-9{5}$'", "postal_code:", "is no pattern that can be searched"),
    (FORM, 'label: {de: "Vorname"}', 'label: {de: "Vor\\0name"}', "Vor", "nobody can read"),
    (FORM, "trust_level: 1", "trust_level: 5", "trust_level: 5", "less than or equal to 4"),
    (FORM, "shows: [/given_name", "shows: [/first_name", "shows:", "/first_name is not in data.properties"),
    (FORM, "keep: P30D", "keep: 30 Tage", "draft:", "ISO 8601 duration"),
    (FORM, 'title: {de: "Ihr Fahrzeug"}', 'title: {en: "Your car"}', "Your car", "title is missing in de"),
    (FORM, "        autocomplete: email", "        autocomplet: email", "autocomplet:", "not known here"),
    (
        FORM,
        "trust_level: 1",
        'leika: {value: "99000000000000", demo: true}\ntrust_level: 1',
        "leika",
        "never made up",
    ),
    (
        FORM,
        "trust_level: 1",
        'leika: {value: "99000000000000", source: "https://www.example.org/"}\ntrust_level: 1',
        "leika",
        "a home page says no LeiKa key",
    ),
    (FORM, "trust_level: 1", "trust_level: 1\ntrust_level: 2", "trust_level: 2", "there twice"),
    (FORM, "summary:\n", "summary: {de: eins, zwei}\n#", "summary:", "zwei"),
    (FORM, "  COMPLETED:", "  DONE:", "DONE", "not known"),
    (RULE, "below = 0.0", "below = 0.0\nabove = 1.0", "[when]", "either above or below"),
    (RULE, "below = 0.0", "", "[when]", "either above or below"),
    (RULE, 'unit = "Cel"', 'unit = "Grad"', "unit", "choose"),
    (RULE, "hysteresis = 0.5", "hysteresis = -1", "hysteresis", "greater than or equal to 0"),
    (RULE, "hysteresis = 0.5", 'devices = ["frost-2"]', "devices", "'frost-2' is not in sensors.toml"),
    (RULE, "demo = true", "", "", "fact without origin"),
    (RULE, "demo = true", "color = 1", "color", "not known here"),
    ("sensors.toml", 'unit = "Cel"', 'unit = "C"', "unit", "choose"),
    ("sensors.toml", 'valid_for = "PT15M"', 'valid_for = "15 Minuten"', "valid_for", "duration"),
    ("sensors.toml", 'field = "air"', 'field = "surface"', "[[devices]]", "have the same field"),
    ("sensors.toml", "demo = true", "", "[[devices]]", "only a device marked as demo"),
    ("sensors.toml", 'place = "Alte Brücke"', "", "[[devices]]", "place is missing"),
    ("city.toml", "demo = true", "demo = false", "", "a demo device, but city.toml"),
]


@pytest.mark.parametrize(("file", "old", "new", "at", "says"), SPOILT)
def test_a_fault_is_told_with_file_line_and_remedy(
    cities: Path, file: str, old: str, new: str, at: str, says: str
) -> None:
    spoilt = cities / "heidelberg" / file
    change(spoilt, old, new)
    faults = check(cities, [])
    about = [fault for fault in faults if says in fault.what]
    assert about, f"found only {[str(fault) for fault in faults]}"
    if at:
        assert (spoilt, line_of(spoilt, at)) in {(fault.file, fault.line) for fault in about}


SHARED = "_shared/forms"
TONNE = "mannheim/forms/blaue-tonne.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (f"{SHARED}/blaue-tonne.yaml", "wish == 'swap'", "wish == 'swop'", "is ever asked for"),
        (f"{SHARED}/blaue-tonne.yaml", "wish == 'swap'", "wish == 3", "column 6"),
        (f"{SHARED}/antrag.yaml", "widget: email", "widget: mail", "'mail' is not known"),
        (TONNE, "extends: blaue-tonne", "extends: x", "no shared form"),
        (TONNE, "extends: blaue-tonne", "extends: ../x", "no shared form"),
        (TONNE, "abfallwirtschaft", "nobody", "not in offices.toml"),
    ],
)
def test_a_fault_is_told_where_it_is_written(cities: Path, file: str, old: str, new: str, says: str) -> None:
    change(cities / file, old, new)
    about = {(fault.file, fault.line) for fault in check(cities, []) if says in fault.what}
    assert {found for found, _ in about} == {cities / file}
    assert {line for _, line in about} == {line_of(cities / file, new)}


def test_a_text_that_a_form_promises_in_a_language_has_to_be_there(cities: Path) -> None:
    file = cities / SHARED / "bewohnerparkausweis.yaml"
    change(file, 'de: "Kennzeichen", en: "Licence plate"', 'de: "Kennzeichen"')
    (fault,) = check(cities, ["mannheim"])
    assert (fault.file, fault.line) == (file, line_of(file, '{de: "Kennzeichen"'))
    assert fault.what == "label is missing in en; add it"


def test_what_is_not_translated_is_told_and_is_no_fault(
    cities: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = cities / SHARED / "bewohnerparkausweis.yaml"
    change(file, "languages: [de, en, de-simple]\n", "")
    change(file, 'de: "Kennzeichen", en: "Licence plate"', 'de: "Kennzeichen"')
    names = ["mannheim", "heilbronn"]
    assert main(["check", *names, "--cities", str(cities), "--data", str(cities / "none")]) == 0
    told = capsys.readouterr().out
    line = line_of(file, '{de: "Kennzeichen"')
    assert told.count(f"{file}:{line}: 'Kennzeichen' is not in en\n") == 1


CONDITIONS = {
    "costs > 500000001": "nobody is ever asked for /area",
    "costs > 10000 && costs < 10001": "nobody is ever asked for /area",
    "project == 'castle' && costs > 3": "nobody is ever asked for /area",
    "costs > 10000": None,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_question_that_nobody_is_ever_asked_is_told_with_its_line(cities: Path, condition: str) -> None:
    file = cities / SHARED / "baugenehmigung.yaml"
    text = file.read_text(encoding="utf-8")
    area, costs, rest = re.split(r"(?=      - path: /costs)|(?=  - use: person)", text, maxsplit=2)
    before, asked = area.split("      - path: /area")
    changed = f'{asked.rstrip()}\n        when: "{condition}"\n'
    file.write_text(f"{before}{costs}      - path: /area{changed}{rest}", encoding="utf-8")
    says = CONDITIONS[condition]
    told = [(fault.line, fault.what) for fault in check(cities, ["mannheim"])]
    wanted = [(line_of(file, condition), f"{says}; correct the condition")]
    assert told == (wanted if says else [])


def test_what_could_not_be_tried_out_is_told_and_is_no_fault(
    cities: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = cities / SHARED / "baugenehmigung.yaml"
    change(file, 'when: "owner == false"', 'when: "size(site_street) > 500"')
    assert main(["check", "mannheim", "--cities", str(cities), "--data", str(cities / "none")]) == 0
    told = capsys.readouterr().out
    line = line_of(file, "size(site_street)")
    assert f"{file}:{line}: nobody can say whether anybody is ever asked for /consent" in told


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("antrag", "\nversion:", "\nextends: blaue-tonne\nversion:", "build on one another"),
        ("blaue-tonne", "use: person", "use: nobody", "no part 'nobody'"),
    ],
)
def test_what_forms_build_on_has_an_end_and_is_there(
    cities: Path, file: str, old: str, new: str, says: str
) -> None:
    change(cities / SHARED / f"{file}.yaml", old, new)
    assert any(says in fault.what for fault in check(cities, ["mannheim"]))


WORKFLOW = """
workflow:
  start: eingang
  states:
    eingang: {title: {de: Eingang}, shows: RECEIVED, deadline: {days: 3}}
    wartet: {title: {de: Wartet}, shows: PROCESSING}
    vergessen: {title: {de: Vergessen}, shows: PROCESSING}
    fertig: {title: {de: Fertig}, shows: COMPLETED}
  transitions:
    - {id: liegen, title: {de: Liegen lassen}, from: eingang, to: wartet}
    - {id: entscheiden, does: decide, from: [eingang, vergessen], to: fertig}
"""


def test_a_workflows_unreachable_states_and_dead_ends_are_told_with_their_line(cities: Path) -> None:
    file = cities / SHARED / "blaue-tonne.yaml"
    file.write_text(file.read_text(encoding="utf-8") + WORKFLOW, encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    told = {(fault.line, fault.what) for fault in check(cities, ["mannheim"]) if fault.file == file}
    for state, says in (("wartet", "dead end"), ("vergessen", "ever reaches")):
        at = next(number for number, line in enumerate(lines, 1) if line.startswith(f"    {state}:"))
        assert any(line == at and says in what for line, what in told), told


def test_all_faults_are_told_at_once(cities: Path) -> None:
    (cities / "mannheim" / "notify.toml").unlink()
    (cities / "mannheim" / "fee.toml").write_text("")
    change(cities / "heilbronn" / "city.toml", "demo = true", "demo = false")
    for name in ("heidelberg", "mannheim"):
        change(cities / name / "city.toml", "hosts = []", 'hosts = ["service.example.de"]')
    told = "\n".join(str(fault) for fault in check(cities, []))
    assert "notify.toml:1: the file is missing; add it" in told
    assert "fee.toml:1: is no file of a city's folder" in told
    assert "heilbronn/people.toml:1: holds public passwords" in told
    assert "host service.example.de belongs to heidelberg too" in told


def test_only_the_cities_named_are_told_of(cities: Path) -> None:
    (cities / "mannheim" / "notify.toml").unlink()
    assert check(cities, ["heidelberg"]) == []
    assert len(check(cities, ["mannheim"])) == 1
    assert "no such city" in check(cities, ["atlantis"])[0].what


@pytest.fixture
def run(cities: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def command(*words: str) -> tuple[int, str]:
        code = main([*words, "--cities", str(cities)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_a_fourth_city_is_just_a_folder(cities: Path, run: Callable[..., tuple[int, str]]) -> None:
    assert run("new", "neckargemuend", "--title", "Neckargemünd")[0] == 0
    code, said = run("check", "neckargemuend")
    assert code == 1
    assert "eight digits" in said
    assert said.splitlines()[-1] == "1 to put right."
    change(cities / "neckargemuend" / "city.toml", 'ags = ""', 'ags = "08000000"')
    status, told = run("check")
    assert (status, told.splitlines()[-1]) == (0, "heidelberg, heilbronn, mannheim, neckargemuend: in order.")
    assert "forms were not compared" in told
    tenant = Tenants.load(cities, "http://localhost:8000")["neckargemuend"]
    assert (tenant.title, tenant.demo) == ("Neckargemünd", True)
    form = yaml.safe_load((cities / "neckargemuend" / "forms" / "anfrage.yaml").read_text(encoding="utf-8"))
    assert "fee" not in form


@pytest.mark.parametrize("name", ["heidelberg", "operators", "ops", "api", "master", "Neckar", "a b", "../x"])
def test_a_name_that_cannot_be_is_refused(name: str, run: Callable[..., tuple[int, str]]) -> None:
    code, said = run("new", name)
    assert code == 2
    assert "choose another" in said or "cannot be a city's name" in said


def test_a_reserved_name_is_a_fault(cities: Path) -> None:
    (cities / "mannheim").rename(cities / "login")
    change(cities / "login" / "city.toml", 'name = "mannheim"', 'name = "login"')
    assert [fault.what for fault in check(cities, ["login"])] == [
        "'login' is a name the platform itself uses; choose another"
    ]


def test_demo_logins_that_cannot_be_read_are_none(cities: Path, caplog: pytest.LogCaptureFixture) -> None:
    for text in ("[[people", "[[people]]\nusername = 'a'\n"):
        (cities / "mannheim" / "people.toml").write_text(text)
        assert people_of(cities / "mannheim") == ()
    assert "people.toml is left out" in caplog.text


def test_a_city_with_faults_is_not_added(cities: Path, run: Callable[..., tuple[int, str]]) -> None:
    (cities / "mannheim" / "fees.toml").unlink()
    code, said = run("add", "mannheim")
    assert code == 1
    assert "fees.toml:1: the file is missing" in said


def test_without_a_keycloak_one_sentence_says_what_to_do(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASH_KEYCLOAK", raising=False)
    code, said = run("add", "mannheim", "--data", str(tmp_path / "nothing"))
    assert code == 2
    assert "start ./mash up" in said
    assert len(said.splitlines()) == 1
