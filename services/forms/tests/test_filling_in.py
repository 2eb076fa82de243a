# SPDX-License-Identifier: EUPL-1.2
"""Filling in step by step as a browser without JavaScript does it, and drafts that outlast it."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mash_forms.service import DraftService
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

HOME = {"given_name": "Anna", "kind": "second", "reason": "Arbeit", "moved_in": "2026-01-15"}
ROW = {"children.0": "row", "children.0.name": "Ben", "children.0.school": "true", "children.0.grade": "3"}


class Person:
    """Somebody who fills in one form, at whatever page they are."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.base = f"/apply/wohnung/{new_id()}"
        self.at = ""

    async def send(self, step: str, values: dict[str, str], action: str = "next") -> str:
        """Send a step; where the browser is led, without the part that is the same for all pages."""
        data = {"csrf": CSRF, "action": action, **values}
        answer = await self.client.post(f"/pages{self.base}/{step}", data=data)
        assert answer.status_code == 303, answer.text
        self.at = answer.headers["location"].removeprefix("/heidelberg")
        return self.at.removeprefix(f"{self.base}/")

    async def see(self, path: str = "", status: int = 200) -> str:
        answer = await self.client.get(f"/pages{path or self.at}")
        assert answer.status_code == status, answer.text
        return answer.text

    async def complete(self) -> str:
        await self.send("home", HOME)
        await self.send("leaving", {"moved_out": "2026-02-01"})
        return await self.send("family", {**ROW, "copies": "2"})


@pytest.fixture
def anna(bench: Bench) -> Person:
    return Person(bench.client(subject="anna", given_name="Anna"))


async def kept(bench: Bench) -> list[Any]:
    """The answers of Anna's drafts."""
    drafts = bench.program.provides[DraftService]
    assert isinstance(drafts, DraftService)
    async with bench.unit() as unit:
        return [draft.data for draft, _ in await drafts.own(Principal("person", unit.tenant, "anna"), unit)]


async def test_every_step_leads_to_the_next_and_the_last_to_the_review(anna: Person) -> None:
    assert await anna.send("home", HOME) == "leaving"
    assert "Schritt 2 von 4" in await anna.see()
    assert await anna.send("leaving", {"moved_out": ""}) == "family"
    assert await anna.send("family", ROW) == "review"
    seen = await anna.see()
    assert "Nebenwohnung" in seen
    assert "15.01.2026" in seen
    assert "Kind 1: Name des Kindes" in seen
    assert "Schulkinder" in seen


async def test_what_no_longer_fits_is_neither_asked_nor_handed_in_and_comes_back(
    bench: Bench, anna: Person
) -> None:
    await anna.complete()
    assert await anna.send("home", {**HOME, "kind": "only"}) == "family"
    assert "Schritt 2 von 3" in await anna.see()
    review = await anna.see(f"{anna.base}/review")
    assert "Auszug" not in review
    assert "Arbeit" not in review
    # The step that is not asked any more leads to where it goes on.
    answer = await anna.client.get(f"/pages{anna.base}/leaving")
    assert answer.headers["location"].endswith("/review")
    # Back to the first answer: what was said to it is still there.
    assert await anna.send("home", {k: v for k, v in HOME.items() if k != "reason"}) == "leaving"
    assert 'value="Arbeit"' in await anna.see(f"{anna.base}/home")
    assert 'value="2026-02-01"' in await anna.see(f"{anna.base}/leaving")


async def test_further_questions_on_the_same_page_are_asked_before_it_goes_on(anna: Person) -> None:
    assert await anna.send("home", {k: v for k, v in HOME.items() if k != "reason"}) == "home?more=1#more"
    seen = await anna.see()
    assert "Aus Ihren Angaben ergeben sich weitere Fragen" in seen
    assert "Wozu dient die Nebenwohnung?" in seen
    assert "kern-form-input--error" not in seen
    assert await anna.send("home", {**HOME, "reason": ""}) == "home?check=1"
    assert "Der Zweck fehlt." in await anna.see()
    assert await anna.send("home", HOME) == "leaving"


async def test_rows_are_added_filled_and_removed_without_a_script(bench: Bench, anna: Person) -> None:
    await anna.send("home", {**HOME, "kind": "only"})
    assert "Kind 1" in await anna.see(f"{anna.base}/family")
    assert await anna.send("family", ROW, "add:children") == "family#f-children"
    assert "Kind 2" in await anna.see()
    two = {**ROW, "children.1": "row", "children.1.name": "Eva", "children.1.school": "false"}
    await anna.send("family", two, "add:children")
    assert "Kind 3" in await anna.see()
    assert 'value="add:children"' not in await anna.see()
    assert await anna.send("family", {**two, "children.2": "row"}) == "family?check=1"
    seen = await anna.see()
    assert "Kind 3, Name des Kindes: Der Name fehlt." in seen
    assert 'href="#f-children-2-name"' in seen
    assert 'id="f-children-2-name"' in seen
    assert "Klasse" in seen
    assert 'name="children.1.grade"' not in seen
    await anna.send("family", {**two, "children.2": "row"}, "remove:children:0")
    [data] = await kept(bench)
    assert [row.get("name") for row in data["children"]] == ["Eva", None]


@pytest.mark.parametrize(
    "action", ["add:none", "remove:none:0", "remove:children:9", "remove:children:x", "x", "add"]
)
async def test_an_action_that_means_nothing_changes_nothing(bench: Bench, anna: Person, action: str) -> None:
    await anna.send("home", {**HOME, "kind": "only"})
    await anna.send("family", ROW, action)
    [data] = await kept(bench)
    assert [row["name"] for row in data["children"]] == ["Ben"]


async def test_rules_between_answers_are_told_at_their_field(anna: Person) -> None:
    await anna.send("home", HOME)
    assert await anna.send("leaving", {"moved_out": "2026-01-15"}) == "leaving?check=1"
    assert "Der Auszug liegt vor dem Einzug." in await anna.see()
    assert await anna.send("family", {**ROW, "children.0.grade": "7"}) == "family?check=1"
    seen = await anna.see()
    assert 'href="#f-children-0-grade"' in seen
    assert "Ben ist noch klein." in seen
    review = await anna.see(f"{anna.base}/review")
    assert "Es fehlt noch etwas" in review
    assert "Gebührenpflichtig" not in review
    handed = await anna.client.post(f"/pages{anna.base}/review", data={"csrf": CSRF})
    assert handed.headers["location"].endswith("/review")


async def test_the_fee_is_worked_out_and_charged(bench: Bench, anna: Person) -> None:
    await anna.complete()
    seen = await anna.see()
    assert "Ausweis für ein Jahr" in seen
    assert "5,00\u00a0€" in seen
    assert "35,70\u00a0€" in seen
    answer = await anna.client.post(f"/pages{anna.base}/review", data={"csrf": CSRF})
    draft_id = anna.base.rsplit("/", 1)[1]
    assert answer.headers["location"] == f"/heidelberg/account/applications/{draft_id}"
    own = (await anna.client.get(f"/api/forms/v1/applications/{draft_id}")).json()
    assert own["fee"] == {"cents": 3570, "currency": "EUR"}
    assert own["data"]["pupils"] == 1
    assert await kept(bench) == []


async def test_from_the_review_one_change_leads_back_to_it(anna: Person) -> None:
    await anna.complete()
    seen = await anna.see(f"{anna.base}/home?to=review")
    assert "Speichern und zurück zur Übersicht" in seen
    assert await anna.send("home", {**HOME, "to": "review", "given_name": "Anne"}) == "review"
    assert "Anne" in await anna.see()


async def test_back_keeps_what_was_typed_right_or_wrong(anna: Person) -> None:
    await anna.send("home", HOME)
    assert await anna.send("leaving", {"moved_out": "x"}, "back") == "home"
    assert 'value="x"' in await anna.see(f"{anna.base}/leaving")


async def test_a_draft_is_resumed_where_it_was_left(bench: Bench, anna: Person) -> None:
    await anna.send("home", HOME, "later")
    assert anna.at == "/account?kept=1"
    seen = await anna.see()
    assert "Ihre Angaben sind gespeichert" in seen
    assert f"/heidelberg{anna.base}" in seen
    # Another session of the same person, later.
    bench.clock.forward(days=9)
    again = bench.client(subject="anna", given_name="Anna")
    answer = await again.get(f"/pages{anna.base}")
    assert answer.headers["location"] == f"/heidelberg{anna.base}/leaving"
    assert "Sie haben diesen Antrag schon begonnen" in (await again.get("/pages/apply/wohnung")).text


async def test_a_draft_that_was_thrown_away_comes_back(anna: Person) -> None:
    await anna.send("home", HOME)
    draft_id = anna.base.rsplit("/", 1)[1]
    thrown = await anna.client.post(f"/pages/account/drafts/{draft_id}/delete", data={"csrf": CSRF})
    path = thrown.headers["location"].removeprefix("/heidelberg")
    assert f"/account/drafts/{draft_id}/restore" in await anna.see(path)
    assert anna.base not in await anna.see("/account")
    await anna.see(f"{anna.base}/home", status=404)
    await anna.client.post(f"/pages/account/drafts/{draft_id}/restore", data={"csrf": CSRF})
    assert anna.base in await anna.see("/account")
    assert 'value="Arbeit"' in await anna.see(f"{anna.base}/home")


@pytest.mark.parametrize("days", [11, 30])
async def test_an_expired_draft_is_gone(bench: Bench, anna: Person, days: int) -> None:
    await anna.send("home", HOME)
    bench.clock.forward(days=days)
    later = bench.client(subject="anna")
    assert (await later.get(f"/pages{anna.base}/home")).status_code == 404
    assert anna.base not in (await later.get("/pages/account")).text


async def test_somebody_elses_draft_is_not_there(bench: Bench, anna: Person) -> None:
    await anna.send("home", HOME)
    draft_id = anna.base.rsplit("/", 1)[1]
    for bob in (bench.client(subject="bob"), bench.client("mannheim", subject="anna")):
        for path in (anna.base, f"{anna.base}/home", f"{anna.base}/review"):
            assert (await bob.get(f"/pages{path}")).status_code == 404
        for path in (f"{anna.base}/home", f"{anna.base}/review", f"/account/drafts/{draft_id}/delete"):
            answer = await bob.post(f"/pages{path}", data={"csrf": CSRF, **HOME})
            assert answer.status_code == 404
    assert [data["given_name"] for data in await kept(bench)] == ["Anna"]
    clerk = bench.client(roles=["clerk"])
    assert (await clerk.get(f"/pages{anna.base}/home")).status_code == 403


async def test_a_draft_stays_with_its_version_of_the_form(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path
) -> None:
    shutil.copytree(cities, tmp_path / "cities")
    bench = await bench_of("mash_forms", cities=tmp_path / "cities")
    anna = Person(bench.client(subject="anna"))
    await anna.send("home", HOME)
    file = tmp_path / "cities/heidelberg/forms/wohnung.yaml"
    changed = file.read_text("utf-8").replace('version: "1"', 'version: "2"').replace("Ihr Auszug", "Wegzug")
    file.write_text(changed, "utf-8")
    assert "Ihr Auszug" in await anna.see()


async def test_nobody_keeps_drafts_without_end(anna: Person) -> None:
    for _ in range(50):
        await Person.send(anna, "home", HOME)
        anna.base = f"/apply/wohnung/{new_id()}"
    answer = await anna.client.post(f"/pages{anna.base}/home", data={"csrf": CSRF, **HOME})
    assert answer.status_code == 409
    later = await anna.client.post(f"/pages{anna.base}/family", data={"csrf": CSRF, **ROW})
    assert later.status_code == 404, "only the first step begins a draft"
