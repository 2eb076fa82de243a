# SPDX-License-Identifier: EUPL-1.2
"""Answers that ask for a stronger login: refused in words without it; the draft stays."""

import shutil
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash_forms.model.checks import faults
from mash_forms.model.trust import level_of
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

HOME = {"given_name": "Anna", "kind": "second", "reason": "Arbeit", "moved_in": "2026-01-15"}
CHILDREN = {"children.0": "row", "children.0.name": "Ben", "children.0.school": "false"}
DATA: dict[str, Any] = {
    "given_name": "Anna",
    "kind": "only",
    "moved_in": "2026-01-15",
    "children": [{"name": "Ben", "school": False}],
}
WEAK = "braucht eine Anmeldung mit Vertrauensniveau 3, Ihre hat 1"


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path) -> Bench:
    """`wohnung` asks for level 3 for the day of moving in, and for level 4 for the proof."""
    shutil.copytree(cities, tmp_path / "cities")
    form = tmp_path / "cities" / "heidelberg" / "forms" / "wohnung.yaml"
    said = form.read_text(encoding="utf-8")
    for path, level in (("/moved_in", 3), ("/proof", 4)):
        said = said.replace(f"{{path: {path}, ", f"{{path: {path}, trust_level: {level}, ")
    form.write_text(said, encoding="utf-8")
    return await bench_of("mash_forms", cities=tmp_path / "cities")


class Anna:
    """One person with one draft, logged in at some level."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.base = f"/apply/wohnung/{new_id()}"

    def at(self, level: str) -> httpx.AsyncClient:
        return self.bench.client(subject="anna", acr=level)

    async def send(self, level: str, step: str, values: dict[str, str], action: str = "next") -> str:
        data = {"csrf": CSRF, "action": action, **values}
        answer = await self.at(level).post(f"/pages{self.base}/{step}", data=data)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix(f"/heidelberg{self.base}/")

    async def see(self, level: str, path: str) -> str:
        answer = await self.at(level).get(f"/pages{self.base}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def anna(bench: Bench) -> Anna:
    return Anna(bench)


async def drafts(bench: Bench) -> int:
    async with bench.unit() as unit:
        return int(await unit.connection.scalar(text("select count(*) from drafts")) or 0)


async def test_a_weak_login_is_sent_to_a_stronger_one_and_comes_back_to_the_same_draft(anna: Anna) -> None:
    begun = await anna.at("1").get("/pages/apply/wohnung")
    assert "Diese Angabe braucht eine stärkere Anmeldung: Vertrauensniveau 3 (substanziell)." in begun.text
    assert 'name="moved_in"' not in begun.text

    way = await anna.send("1", "home", HOME, "stronger")
    assert way == "stronger?to=home"
    why = await anna.see("1", way)
    assert "Sie sind mit Vertrauensniveau 1 (untergeordnet) angemeldet." in why
    assert f"/heidelberg/login?level=3&amp;next=/heidelberg{anna.base}/home" in why
    assert "<li>Einzug</li>" in why
    assert "<li>Auszug</li>" not in why

    back = await anna.see("3", "home")
    assert 'value="Arbeit"' in back
    assert 'name="moved_in"' in back
    assert 'value="2026-01-15"' not in back, "what was sent with too weak a login is not kept"
    answer = await anna.at("3").get(f"/pages{anna.base}/{way}")
    assert answer.headers["location"] == f"/heidelberg{anna.base}/home"
    assert await anna.send("3", "home", HOME) == "leaving"


async def test_without_it_the_answer_is_refused_in_words_on_every_way(bench: Bench, anna: Anna) -> None:
    assert await anna.send("1", "home", HOME) == "home?check=1"
    assert WEAK in await anna.see("1", "home?check=1")
    assert await anna.send("3", "home", HOME) == "leaving"
    await anna.send("3", "leaving", {"moved_out": ""})
    assert await anna.send("3", "family", CHILDREN) == "review"

    # The same person with a weak login again: the answer is kept, cannot be changed, and not handed in.
    assert await anna.send("1", "home", {**HOME, "moved_in": "2020-01-01"}) == "home?check=1"
    weak = await anna.see("1", "review")
    assert "15.01.2026" in weak
    assert "Für einige Angaben reicht Ihre Anmeldung nicht" in weak
    assert "stronger?to=review" in weak
    assert "Antrag abgeben" not in weak
    assert await anna.send("1", "review", {}) == "review"
    assert await drafts(bench) == 1

    left = await anna.send("3", "review", {})
    assert "/account/applications/" in left
    assert await drafts(bench) == 0
    async with bench.unit() as unit:
        told = await unit.connection.execute(text("select id, trust_level from applications"))
        [(application_id, level)] = told.all()
    assert level == 3
    desk = await bench.client(roles=["clerk"]).get(f"/pages/desk/applications/{application_id}")
    assert "3 (substanziell)" in desk.text


async def test_handing_in_by_the_api_is_refused_with_place_reason_and_remedy(bench: Bench) -> None:
    body = {"id": new_id(), "form": "wohnung", "data": DATA}
    weak = await bench.client(subject="anna", acr="1").post("/api/forms/v1/applications", json=body)
    assert weak.status_code == 403
    said = weak.json()
    assert said["type"].endswith("trust-level")
    assert "Vertrauensniveau 3 (substanziell)" in said["detail"]
    assert [one["pointer"] for one in said["errors"]] == ["/data/moved_in"]
    assert "Melden Sie sich stärker an" in said["errors"][0]["remedy"]
    strong = await bench.client(subject="anna", acr="STORK-QAA-Level-3").post(
        "/api/forms/v1/applications", json=body
    )
    assert strong.status_code == 201


async def test_a_file_counts_as_an_answer(bench: Bench, anna: Anna) -> None:
    await anna.send("3", "home", {**HOME, "kind": "only"})
    files = {
        "proof": (
            "a.pdf",
            BytesIO(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
            "application/pdf",
        )
    }
    data = {"csrf": CSRF, "action": "upload", **CHILDREN}
    answer = await anna.at("3").post(f"/pages{anna.base}/family", data=data, files=files)
    assert answer.status_code == 403
    assert "Vertrauensniveau 4 (hoch)" in answer.json()["detail"]


async def test_a_whole_form_that_asks_for_more_says_where_to_log_in(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path
) -> None:
    shutil.copytree(cities, tmp_path / "high")
    form = tmp_path / "high" / "heidelberg" / "forms" / "meldung.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("trust_level: 1", "trust_level: 4"))
    bench = await bench_of("mash_forms", cities=tmp_path / "high")
    refused = await bench.client(subject="anna", acr="3").get("/pages/apply/meldung")
    assert refused.status_code == 403
    assert "/heidelberg/login?level=4&amp;next=/heidelberg/apply/meldung" in refused.text
    assert "Dieser Antrag braucht Vertrauensniveau 4 (hoch)." in refused.text


@pytest.mark.parametrize(
    ("acr", "level"),
    [("", 1), ("0", 1), ("2", 2), ("4", 4), ("STORK-QAA-Level-3", 3), ("hoch", 1), ("44", 1), ("٣", 1)],
)
def test_a_level_is_a_digit_or_storks_name_for_it(acr: str, level: int) -> None:
    assert level_of(acr) == level


def test_a_level_that_asks_for_nothing_more_is_a_fault_of_the_form() -> None:
    field = {"path": "/what", "widget": "text", "trust_level": 2}
    form: dict[str, Any] = {
        "trust_level": 2,
        "data": {"properties": {"what": {"type": "string"}}},
        "steps": [{"id": "one", "fields": [field]}, {"id": "two", "trust_level": 3, "fields": []}],
    }
    assert [place for place, _ in faults(form)] == [("steps", 0, "fields", 0, "trust_level")]
