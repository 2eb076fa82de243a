# SPDX-License-Identifier: EUPL-1.2
"""Workflows: what is refused as written, and how a case goes through one of a form's own."""

import copy
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text

from mash_forms.model.workflow import DEFAULT
from mash_forms.model.workflow_checks import workflow_faults
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"
OWN: dict[str, Any] = {
    "start": "eingang",
    "states": {
        "eingang": {
            "title": {"de": "Im Eingang"},
            "shows": "RECEIVED",
            "deadline": {"days": 2, "demo": True},
        },
        "pruefung": {
            "title": {"de": "In Prüfung"},
            "shows": "PROCESSING",
            "deadline": {"days": 5, "demo": True},
        },
        "stellungnahme": {"title": {"de": "Beim Fachamt"}, "shows": "PROCESSING"},
        "rueckfrage": {"title": {"de": "Beim Bürger"}, "shows": "ACTION_REQUIRED"},
        "fertig": {"title": {"de": "Fertig"}, "shows": "COMPLETED"},
    },
    "transitions": [
        {"id": "nehmen", "does": "take-up", "from": "eingang", "to": "pruefung"},
        {"id": "vorlegen", "title": {"de": "Fachamt fragen"}, "from": "pruefung", "to": "stellungnahme"},
        {
            "id": "zurueck",
            "title": {"de": "Wieder prüfen"},
            "from": "stellungnahme",
            "to": "pruefung",
            "by": ["supervisor"],
        },
        {"id": "fragen", "does": "ask", "from": "pruefung", "to": "rueckfrage"},
        {"id": "antwort", "does": "answer", "from": "rueckfrage", "to": "pruefung"},
        {"id": "entscheiden", "does": "decide", "from": "pruefung", "to": "fertig", "by": ["supervisor"]},
    ],
}


def told(change: Callable[[dict[str, Any]], object]) -> list[tuple[tuple[str | int, ...], str]]:
    raw = copy.deepcopy(OWN)
    change(raw)
    return list(workflow_faults({"workflow": raw}))


def test_the_default_and_our_example_are_sound() -> None:
    assert list(workflow_faults({"workflow": DEFAULT})) == []
    assert told(lambda _: None) == []
    assert list(workflow_faults({})) == []


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (
            lambda w: w["states"].update(nie={"title": {"de": "x"}, "shows": "PROCESSING"}),
            ("states", "nie"),
            "ever reaches",
        ),
        (lambda w: w["transitions"].pop(2), ("states", "stellungnahme"), "dead end"),
        (lambda w: w["transitions"].pop(4), ("states", "rueckfrage"), "dead end"),
        (
            lambda w: w["transitions"].__setitem__(
                4, {"id": "x", "title": {"de": "x"}, "from": "rueckfrage", "to": "pruefung"}
            ),
            ("states", "rueckfrage"),
            "does: answer",
        ),
        (lambda w: w.update(start="pruefung"), ("start",), "RECEIVED"),
        (lambda w: w.update(start="nirgends"), ("start",), "no state"),
        (
            lambda w: w["states"]["eingang"].update(shows="SUBMITTED"),
            ("states", "eingang", "shows"),
            "choose",
        ),
        (
            lambda w: w["states"]["eingang"].update(deadline={"days": 0}),
            ("states", "eingang", "deadline"),
            "working days",
        ),
        (lambda w: w["transitions"][0].update(to="weg"), ("transitions", 0), "no state"),
        (lambda w: w["transitions"][0].update(id="antwort"), ("transitions", 4, "id"), "twice"),
        (lambda w: w["transitions"][0].update(does="fliegen"), ("transitions", 0, "does"), "nothing to do"),
        (lambda w: w["transitions"][0].update(by=["mayor"]), ("transitions", 0, "by"), "no role"),
        (lambda w: w["transitions"][1].pop("title"), ("transitions", 1), "no title"),
        (
            lambda w: w["transitions"][5].update(does="move", title={"de": "x"}),
            ("transitions", 5),
            "COMPLETED",
        ),
        (
            lambda w: w["transitions"][3].update(does="move", title={"de": "x"}),
            ("transitions", 3),
            "ACTION_REQUIRED",
        ),
        (lambda w: w["transitions"][1].update(**{"from": "fertig"}), ("transitions", 1), "nothing leads out"),
        (lambda w: w["transitions"][2].update(to="eingang"), ("transitions", 2), "cannot follow"),
        (
            lambda w: w["transitions"].append({**OWN["transitions"][5], "id": "noch"}),
            ("transitions", 6),
            "keep one",
        ),
    ],
)
def test_a_faulty_workflow_is_told_with_its_place(
    change: Callable[[dict[str, Any]], object], place: tuple[str | int, ...], what: str
) -> None:
    found = told(change)
    assert any(at[: len(place) + 1] == ("workflow", *place) and what in why for at, why in found), found


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path) -> Bench:
    """A city whose `meldung` has a workflow of its own."""
    folder = tmp_path / "cities"
    shutil.copytree(cities, folder)
    form = folder / "heidelberg" / "forms" / "meldung.yaml"
    form.write_text(form.read_text("utf-8") + "\n" + yaml.safe_dump({"workflow": OWN}, allow_unicode=True))
    return await bench_of("mash_forms", cities=folder)


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.fixture
def lena(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk", "supervisor"], subject="lena")


@pytest.fixture
async def case(bench: Bench) -> str:
    anna = bench.client(subject="anna")
    answer = await anna.post(f"{API}/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    return str(answer.json()["id"])


async def one(clerk: httpx.AsyncClient) -> dict[str, Any]:
    [found] = (await clerk.get(f"{API}/cases")).json()["items"]
    return dict(found)


async def moved(clerk: httpx.AsyncClient, case: str, transition: str) -> int:
    return (await clerk.post(f"{API}/cases/{case}/moves", json={"transition": transition})).status_code


async def test_a_case_goes_through_its_own_workflow(
    bench: Bench, kurt: httpx.AsyncClient, lena: httpx.AsyncClient, case: str
) -> None:
    # The bench's day is a Monday, 2 March 2026.
    found = await one(kurt)
    assert (found["stage"], found["due_on"], found["overdue"]) == ("eingang", "2026-03-04", False)
    assert await moved(kurt, case, "vorlegen") == 409
    await kurt.put(f"{API}/cases/{case}/claim", json={})
    assert ((await one(kurt))["stage"], (await one(kurt))["due_on"]) == ("pruefung", "2026-03-09")
    assert await moved(kurt, case, "vorlegen") == 200
    assert ((await one(kurt))["stage"], (await one(kurt))["due_on"]) == ("stellungnahme", None)
    assert await moved(kurt, case, "vorlegen") == 409
    assert await moved(kurt, case, "nirgendwohin") == 422
    assert await moved(kurt, case, "zurueck") == 403
    await kurt.post(f"{API}/cases/{case}/release")
    assert await moved(lena, case, "zurueck") == 200
    decision = f"{API}/applications/{case}/decision"
    assert (await kurt.post(decision, json={"outcome": "APPROVED"})).status_code == 403
    assert (await lena.post(decision, json={"outcome": "APPROVED"})).status_code == 200
    # The citizen is shown each public state once, however often the office moved it.
    history = (await bench.client(subject="anna").get(f"{API}/applications/{case}")).json()["history"]
    assert [step["state"] for step in history] == ["SUBMITTED", "RECEIVED", "PROCESSING", "COMPLETED"]
    async with bench.unit() as unit:
        noted = await unit.connection.execute(
            text("select purpose from audit where action = 'moved' order by at")
        )
        assert [row.purpose for row in noted] == ["vorlegen", "zurueck"]


async def test_what_is_past_its_day_is_overdue(bench: Bench, case: str) -> None:
    bench.clock.forward(days=2)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    assert not (await one(kurt))["overdue"]
    assert (await kurt.get(f"{API}/cases", params={"overdue": True})).json()["items"] == []
    bench.clock.forward(days=1)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    late = (await kurt.get(f"{API}/cases", params={"overdue": True})).json()["items"]
    assert [(item["id"], item["overdue"]) for item in late] == [(case, True)]
    assert "überfällig" in (await kurt.get("/pages/desk", params={"overdue": "yes"})).text
    await bench.client(subject="anna").post(f"{API}/applications/{case}/withdrawal")
    assert (await kurt.get(f"{API}/cases", params={"overdue": True})).json()["items"] == []


async def test_the_page_offers_what_may_be_done_next(
    kurt: httpx.AsyncClient, lena: httpx.AsyncClient, case: str
) -> None:
    path = f"/pages/desk/applications/{case}"
    assert "Im Eingang" in (await kurt.get(path)).text
    assert "Fachamt fragen" not in (await kurt.get(path)).text
    await kurt.post(f"{path}/take-up", data={"csrf": CSRF})
    shown = (await kurt.get(path)).text
    assert "Fachamt fragen" in shown
    assert "/decision" not in shown, "only a supervisor decides here"
    assert (
        await kurt.post(f"{path}/moves", data={"csrf": CSRF, "transition": "vorlegen"})
    ).status_code == 303
    assert "Beim Fachamt" in (await kurt.get(path)).text
    assert "Wieder prüfen" not in (await kurt.get(path)).text
    await kurt.post(f"{path}/release", data={"csrf": CSRF})
    assert "Wieder prüfen" in (await lena.get(path)).text
