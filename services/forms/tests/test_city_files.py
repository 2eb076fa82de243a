# SPDX-License-Identifier: EUPL-1.2
"""Forms from files: read, resolved, reloaded, and never lost to a broken file."""

import logging
import os
import shutil
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.answers import clean, posted
from mash_forms.model.application import Outcome
from mash_forms.model.complaints import complaints
from mash_forms.model.definition import read_form
from mash_forms.model.form import Form
from mash_sdk.testing import Bench

TODAY = date(2026, 3, 2)
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, cities: Path) -> Path:
    return Path(shutil.copytree(cities, tmp_path / "cities"))


@pytest.fixture
async def form(cities: Path) -> Form:
    found = await CityFiles(cities).form("heidelberg", "ausweis")
    assert found is not None
    return found


def touch(file: Path, text: str) -> None:
    before = file.stat().st_mtime_ns
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))


async def test_office_and_fee_are_resolved(form: Form) -> None:
    assert form.office.title == "Prüfamt"
    assert form.office.address is not None
    assert form.office.address.value == "Musterstraße 1, 00000 Musterstadt"
    assert form.office.address.demo
    assert form.fee is not None
    assert form.fee.money.cents == 3070
    assert form.fee.demo
    assert form.letters[Outcome.APPROVED].months == 12


async def test_every_form_of_the_repository_loads(caplog: pytest.LogCaptureFixture) -> None:
    files = CityFiles(REPOSITORY / "cities")
    for city in (file.parent for file in (REPOSITORY / "cities").glob("*/city.toml")):
        loaded = await files.forms(city.name)
        assert {one.name for one in loaded} == {file.stem for file in city.glob("forms/*.yaml")}
    assert caplog.records == []


async def test_a_changed_file_counts_without_a_restart(folder: Path) -> None:
    files = CityFiles(folder, look_again=0)
    before = await files.form("heidelberg", "meldung")
    file = folder / "heidelberg" / "forms" / "meldung.yaml"
    touch(file, file.read_text(encoding="utf-8").replace('"Meldung"', '"Nachricht"'))
    after = await files.form("heidelberg", "meldung")
    assert before is not None
    assert after is not None
    assert (before.title, after.title) == ("Meldung", "Nachricht")
    assert before.version != after.version


async def test_a_changed_fee_is_a_new_version(folder: Path) -> None:
    files = CityFiles(folder, look_again=0)
    before = await files.form("heidelberg", "ausweis")
    file = folder / "heidelberg" / "fees.toml"
    touch(file, file.read_text(encoding="utf-8").replace("3070", "4000"))
    after = await files.form("heidelberg", "ausweis")
    assert before is not None
    assert after is not None
    assert after.fee is not None
    assert after.fee.money.cents == 4000
    assert before.version != after.version


async def test_a_new_form_appears_and_a_removed_one_goes(folder: Path) -> None:
    files = CityFiles(folder, look_again=0)
    assert [form.name for form in await files.forms("mannheim")] == ["meldung"]
    text = (folder / "mannheim" / "forms" / "meldung.yaml").read_text(encoding="utf-8")
    (folder / "mannheim" / "forms" / "zweite.yaml").write_text(text.replace("name: meldung", "name: zweite"))
    assert {form.name for form in await files.forms("mannheim")} == {"meldung", "zweite"}
    (folder / "mannheim" / "forms" / "meldung.yaml").unlink()
    assert {form.name for form in await files.forms("mannheim")} == {"zweite"}


@pytest.mark.parametrize("broken", ["", "- a list", "name: meldung\n", "name: [", "name: other\n"])
async def test_a_broken_file_leaves_the_version_before(
    folder: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    files = CityFiles(folder, look_again=0)
    before = await files.form("heidelberg", "meldung")
    with caplog.at_level(logging.WARNING):
        touch(folder / "heidelberg" / "forms" / "meldung.yaml", broken)
        assert await files.form("heidelberg", "meldung") == before
        assert await files.form("heidelberg", "ausweis") is not None
    assert "meldung.yaml" in caplog.text


async def test_a_definition_that_was_kept_reads_the_same(form: Form) -> None:
    assert read_form(form.definition) == form


async def test_search_finds_by_every_word(form: Form) -> None:
    assert form.matches("anwohner PARK")
    assert form.matches("")
    assert not form.matches("park hund")


async def test_valid_answers_have_no_complaints(form: Form, answers: dict[str, Any]) -> None:
    assert complaints(form, answers, TODAY) == []


async def test_nothing_filled_in_names_every_required_field_in_order(form: Form) -> None:
    found = complaints(form, {}, TODAY)
    assert [one.name for one in found] == [
        "given_name", "family_name", "email", "plate", "keeper", "zone", "valid_from",
    ]  # fmt: skip
    assert (found[0].reason, found[0].remedy) == ("Ihr Vorname fehlt.", "Tragen Sie ihn ein.")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("plate", "12", "Das ist kein Kennzeichen."),
        ("plate", 12, "Das ist kein Kennzeichen."),
        ("plate", None, "Das ist kein Kennzeichen."),
        ("email", "anna@", "Das ist keine Adresse."),
        ("email", "anna@example", "Das ist keine Adresse."),
        ("keeper", "ja", "Keine Antwort."),
        ("zone", 3, "Keine Zone."),
        ("cars", 0, "Keine Zahl."),
        ("cars", {"deep": [1]}, "Keine Zahl."),
        ("note", "x" * 201, "Zu lang."),
        ("note", "a\x00b", "Die Angabe enthält ein Zeichen, das nicht erlaubt ist."),
        ("note", "\ud800", "Die Angabe enthält ein Zeichen, das nicht erlaubt ist."),
        ("valid_from", "2026-02-30", "Kein Datum."),
        ("valid_from", "2026-03-01", "Das Datum liegt in der Vergangenheit."),
        ("surprise", "x", "Dieses Feld gehört nicht zum Formular."),
    ],
)
async def test_each_fault_is_said_at_its_field(
    form: Form, answers: dict[str, Any], name: str, value: object, reason: str
) -> None:
    found = complaints(form, {**answers, name: value}, TODAY)
    assert [(one.name, one.reason) for one in found] == [(name, reason)]
    assert found[0].remedy


async def test_answers_that_are_no_object_are_a_complaint(form: Form) -> None:
    no_objects: tuple[object, ...] = (None, [], "x", 3)
    for data in no_objects:
        assert [one.name for one in complaints(form, data, TODAY)] == [""]


async def test_today_is_early_enough(form: Form, answers: dict[str, Any]) -> None:
    assert complaints(form, {**answers, "valid_from": TODAY.isoformat()}, TODAY) == []


async def test_texts_are_trimmed_transformed_or_absent(form: Form) -> None:
    assert clean(form, {"plate": " hd-ab 1 ", "note": "  ", "cars": 2}) == {"plate": "HD-AB 1", "cars": 2}


async def test_what_a_browser_sends_becomes_typed(form: Form) -> None:
    sent = {"keeper": "false", "zone": "2", "cars": "3", "news": "true", "note": "", "csrf": "x", "id": "y"}
    assert posted(form.fields.values(), sent, "de") == {"keeper": False, "zone": 2, "cars": 3, "news": True}
    assert posted(form.fields.values(), {"cars": "drei", "zone": "9"}, "de") == {
        "cars": "drei",
        "zone": 9,
        "news": False,
    }


async def test_answers_are_shown_as_people_read_them(form: Form, answers: dict[str, Any]) -> None:
    shown = dict(form.answers({**answers, "news": False}))
    assert shown["Auf Sie zugelassen?"] == "Ja"
    assert shown["Zone"] == "Neustadt"
    assert shown["Neuigkeiten"] == "Nein"
    assert shown["Gültig ab"] == "01.04.2026"


@pytest.mark.parametrize(
    ("origin", "made_up"), [("demo = true", True), ('source = "https://stadt.example/satzung"', False)]
)
async def test_a_fee_is_announced_as_made_up_where_its_file_says_so(
    folder: Path,
    answers: dict[str, Any],
    bench_of: Callable[..., Awaitable[Bench]],
    origin: str,
    made_up: bool,  # noqa: FBT001
) -> None:
    fees = folder / "heidelberg" / "fees.toml"
    touch(fees, fees.read_text().replace("demo = true", origin))
    bench = await bench_of("mash_forms", cities=folder)
    body = {"form": "ausweis", "data": answers}
    sent = await bench.client(subject="anna").post("/api/forms/v1/applications", json=body)
    assert sent.status_code == 201, sent.text
    await bench.settle()
    [event] = bench.announced(ApplicationSubmitted)
    assert (event.fee.cents, event.demo_fee) == (3070, made_up)
