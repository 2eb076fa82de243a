# SPDX-License-Identifier: EUPL-1.2
"""The catalogue as the edge gets it: at start, when a city's files change, and only then."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mash_forms.gateways.city_files import CityFiles
from mash_forms.public import Publication
from mash_sdk.publishing import Publishing
from mash_sdk.testing import Bench

FORMS = "/api/forms/v1/forms"
TOPIC = "mash.forms.public.v1"


@pytest.fixture
def folder(tmp_path: Path, cities: Path) -> Path:
    """Cities whose files a test may change."""
    return Path(shutil.copytree(cities, tmp_path / "cities"))


@pytest.fixture
def changing(bench: Bench, folder: Path) -> Bench:
    """A bench that publishes what lies there, without waiting for the next look."""
    bench.program.publishes = Publishing(Publication(CityFiles(folder, look_again=0)).publish)
    return bench


def names(bench: Bench, tenant: str = "heidelberg") -> list[str]:
    listed: Any = json.loads(bench.public()[f"{tenant}{FORMS}"].body)
    return [form["name"] for form in listed["items"]]


async def test_the_catalogue_and_every_form_are_published_for_each_city(bench: Bench) -> None:
    await bench.publish()
    found = bench.public()
    assert set(found) == {
        f"heidelberg{FORMS}",
        f"heidelberg{FORMS}/ausweis",
        f"heidelberg{FORMS}/meldung",
        f"heidelberg{FORMS}/wohnung",
        f"mannheim{FORMS}",
        f"mannheim{FORMS}/meldung",
    }
    assert names(bench) == ["meldung", "ausweis", "wohnung"]  # by title
    assert names(bench, "mannheim") == ["meldung"]
    detail = json.loads(found[f"heidelberg{FORMS}/ausweis"].body)
    assert detail["data_schema"]["type"] == "object"
    assert {(one.media_type, one.max_age_seconds) for one in found.values()} == {("application/json", 60)}


async def test_what_has_not_changed_is_published_once(bench: Bench) -> None:
    for _ in range(3):
        await bench.publish()
    assert len(bench.broker.records(TOPIC)) == 6


async def test_a_changed_form_and_the_list_it_stands_in_are_published_anew(
    changing: Bench, folder: Path
) -> None:
    await changing.publish()
    before = changing.public()
    file = folder / "heidelberg/forms/meldung.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Meldung"', '"Schaden melden"'), encoding="utf-8")
    await changing.publish()

    listed: Any = json.loads(changing.public()[f"heidelberg{FORMS}"].body)
    assert "Schaden melden" in {form["title"] for form in listed["items"]}
    after = changing.public()
    assert {key for key in after if before[key] != after[key]} == {
        f"heidelberg{FORMS}",
        f"heidelberg{FORMS}/meldung",
    }


async def test_a_form_that_is_gone_is_withdrawn_even_if_nobody_watched(changing: Bench, folder: Path) -> None:
    await changing.publish()
    (folder / "heidelberg/forms/ausweis.yaml").unlink()
    changing.program.publishes = Publishing(Publication(CityFiles(folder, look_again=0)).publish)
    await changing.publish()
    assert f"heidelberg{FORMS}/ausweis" not in changing.public()
    assert names(changing) == ["meldung", "wohnung"]
    (folder / "heidelberg/forms/meldung.yaml").unlink()
    (folder / "heidelberg/forms/wohnung.yaml").unlink()
    await changing.publish()
    assert names(changing) == []


async def test_a_search_is_answered_by_the_service_with_what_fits(bench: Bench) -> None:
    visitor = bench.visitor()
    everything = await visitor.get(FORMS)
    found = await visitor.get(FORMS, params={"q": "gibt-es-nicht"})
    assert found.json() == {"items": [], "next": None}
    assert found.headers["etag"] != everything.headers["etag"]
    again = await visitor.get(FORMS, headers={"if-none-match": everything.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
