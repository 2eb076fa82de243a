# SPDX-License-Identifier: EUPL-1.2
"""A form in German, English and Leichte Sprache: switched without losing an answer, kept with the draft."""

import re
import shutil
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.form import LANGUAGES
from mash_forms.views.phrases import say
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

CITIES = Path(__file__).parents[3] / "cities"
FORM = "bewohnerparkausweis"
PERSON = {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org"}


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], tmp_path: Path) -> Bench:
    cities = tmp_path / "cities"
    for folder in ("heidelberg", "_shared"):
        shutil.copytree(CITIES / folder, cities / folder)
    german = cities / "heidelberg" / "forms" / "blaue-tonne.yaml"
    german.write_text(german.read_text(encoding="utf-8") + "languages: [de]\n", encoding="utf-8")
    return await bench_of("mash_forms", cities=cities)


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna")


async def posted(anna: httpx.AsyncClient, at: str, action: str, **values: str) -> str:
    answer = await anna.post(at, data={"csrf": CSRF, "action": action, **values})
    assert answer.status_code == 303
    return "/pages" + answer.headers["location"].removeprefix("/heidelberg").partition("#")[0]


async def test_switching_keeps_what_was_typed_and_lasts(anna: httpx.AsyncClient) -> None:
    one = f"/pages/apply/{FORM}/{new_id()}/person"
    begun = await anna.get(f"/pages/apply/{FORM}")
    for name in LANGUAGES.values():
        assert name in begun.text
    assert 'lang="de"' in begun.text

    english = await anna.get(await posted(anna, one, "language:en", language="de", given_name="Ann"))
    assert 'lang="en"' in english.text
    assert "Family name" in english.text
    assert "Save and go on later" in english.text
    assert 'value="Ann"' in english.text

    wrong = await anna.get(await posted(anna, one, "next", language="en", given_name="Ann"))
    assert "2 answers are missing or wrong" in wrong.text
    assert "Your family name is missing." in wrong.text

    address = await anna.get(await posted(anna, one, "next", language="en", **PERSON))
    assert "Where you live" in address.text

    simple = await anna.get(await posted(anna, one, "language:de-simple", language="en", **PERSON))
    assert "Wer sind Sie?" in simple.text
    review = await anna.get(one.removesuffix("person") + "review")
    assert 'lang="de-simple"' in review.text
    assert "Später abgeben. Der Antrag bleibt in Ihrem Konto" in review.text


async def test_a_link_begins_in_a_language_and_the_office_reads_german(
    bench: Bench, anna: httpx.AsyncClient
) -> None:
    service = await anna.get(f"/pages/services/{FORM}")
    assert f"/apply/{FORM}?language=en" in service.text
    begun = await anna.get(f"/pages/apply/{FORM}?language=en")
    assert "Given name" in begun.text
    assert 'name="language" value="en"' in begun.text

    one = f"/pages/apply/{FORM}/{new_id()}"
    await posted(anna, f"{one}/person", "next", language="en", **PERSON)
    home = {"street": "Plöck", "house_number": "1", "postal_code": "69117"}
    await posted(anna, f"{one}/address", "next", language="en", **home)
    car = {"plate": "HD-AB 1", "keeper": "true", "valid_from": "2026-04-01"}
    review = await anna.get(await posted(anna, f"{one}/vehicle", "next", language="en", **car))
    assert "Apply, with obligation to pay the fee" in review.text
    assert "Yes" in review.text
    done = await posted(anna, f"{one}/review", "", language="en")
    case = await bench.client(roles=["clerk"]).get(done.replace("/account/", "/desk/"))
    assert "Ist das Fahrzeug auf Sie zugelassen?" in case.text
    assert "Given name" not in case.text


@pytest.mark.parametrize("language", ["fr", "", "de-simple'>", "x" * 20])
async def test_a_language_the_form_is_not_in_changes_nothing(anna: httpx.AsyncClient, language: str) -> None:
    begun = await anna.get(f"/pages/apply/{FORM}", params={"language": language})
    assert 'lang="de"' in begun.text
    one = f"/pages/apply/{FORM}/{new_id()}/person"
    page = await anna.get(await posted(anna, one, f"language:{language}", language=language))
    assert 'lang="de"' in page.text


async def test_a_form_in_one_language_offers_no_other(anna: httpx.AsyncClient) -> None:
    page = await anna.get("/pages/apply/blaue-tonne")
    assert "language:en" not in page.text
    assert "language=en" not in (await anna.get("/pages/services/blaue-tonne")).text


def test_every_phrase_of_the_templates_has_its_words() -> None:
    folder = files("mash_forms") / "pages"
    used = {
        phrase
        for template in (
            "step.html",
            "review.html",
            "fields.html",
            "slots.html",
            "conversation.html",
            "unsaid.html",
        )
        for phrase in re.findall(r"\bt\(\"([^\"]*)\"", (folder / template).read_text(encoding="utf-8"))
    }
    assert len(used) > 30
    for language in LANGUAGES:
        assert all(say(language)(phrase) for phrase in used)


async def test_our_translated_form_speaks_every_language_throughout() -> None:
    form = await CityFiles(CITIES).form("heidelberg", FORM)
    assert form is not None
    assert form.languages == tuple(LANGUAGES)
