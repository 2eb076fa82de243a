# SPDX-License-Identifier: EUPL-1.2
"""The office's cases through the doors: whose they are, who works on them, and how the list is narrowed."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="anna", given_name="Anna", family_name="Beispiel")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt", given_name="Kurt", family_name="Muster")


@pytest.fixture
def karla(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="karla", given_name="Karla", family_name="Probe")


async def reported(anna: httpx.AsyncClient, what: str = "Loch") -> str:
    answer = await anna.post(f"{API}/applications", json={"form": "meldung", "data": {"what": what}})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def claimed(clerk: httpx.AsyncClient, case: str, *, over: bool = False) -> dict[str, Any]:
    answer = await clerk.put(f"{API}/cases/{case}/claim", json={"take_over": over})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(clerk: httpx.AsyncClient, **wanted: str) -> list[str]:
    answer = await clerk.get(f"{API}/cases", params=wanted)
    assert answer.status_code == 200, answer.text
    return [str(one["id"]) for one in answer.json()["items"]]


async def trail(bench: Bench) -> list[tuple[str, str, str]]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select action, actor, purpose from audit order by at, id"))
        return [(action, actor, purpose) for action, actor, purpose in rows]


async def test_who_works_on_a_case_is_shown_and_nobody_else_decides(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, karla: httpx.AsyncClient
) -> None:
    case = await reported(anna)
    taken = await claimed(kurt, case)
    assert taken["state"] == "PROCESSING"
    assert (taken["claim"]["name"], taken["claim"]["mine"]) == ("Kurt Muster", True)
    seen = await claimed(karla, case)
    assert (seen["claim"]["name"], seen["claim"]["mine"]) == ("Kurt Muster", False)
    decision = f"{API}/applications/{case}/decision"
    refused = await karla.post(decision, json={"outcome": "APPROVED"})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/claimed")
    assert "Kurt" not in refused.text
    assert (await karla.post(f"{API}/cases/{case}/release")).status_code == 409
    over = await claimed(karla, case, over=True)
    assert over["claim"]["mine"]
    assert ("taken-over", "karla", "from kurt") in await trail(bench)
    assert (await kurt.post(decision, json={"outcome": "APPROVED"})).status_code == 409
    assert (await karla.post(decision, json={"outcome": "APPROVED"})).status_code == 200
    assert (await kurt.put(f"{API}/cases/{case}/claim", json={})).status_code == 409


async def test_taken_over_again_is_taken_over_once(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    case = await reported(anna)
    for _ in range(3):
        await claimed(kurt, case, over=True)
    actions = [action for action, _, _ in await trail(bench)]
    assert actions.count("taken-up") == 1
    assert "taken-over" not in actions


async def test_what_is_put_back_is_there_for_others_and_stays_in_progress(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, karla: httpx.AsyncClient
) -> None:
    case = await reported(anna)
    await claimed(kurt, case)
    bench.clock.forward(minutes=11)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    karla = bench.client(roles=["clerk"], subject="karla", given_name="Karla", family_name="Probe")
    for _ in range(2):
        back = await kurt.post(f"{API}/cases/{case}/release")
        assert (back.status_code, back.json()["claim"], back.json()["state"]) == (200, None, "PROCESSING")
    assert [action for action, _, _ in await trail(bench)].count("put-back") == 1
    assert (await claimed(karla, case))["claim"]["name"] == "Karla Probe"


async def test_taking_up_is_undone_soon_after_if_nothing_has_happened_since(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, karla: httpx.AsyncClient
) -> None:
    case = await reported(anna)
    [before] = (await kurt.get(f"{API}/cases")).json()["items"]
    await claimed(kurt, case)
    back = (await kurt.post(f"{API}/cases/{case}/release")).json()
    assert (back["state"], back["stage"], back["due_on"], back["claim"]) == (
        "RECEIVED", before["stage"], before["due_on"], None,
    )  # fmt: skip
    history = (await anna.get(f"{API}/applications/{case}")).json()["history"]
    assert [step["state"] for step in history] == ["SUBMITTED", "RECEIVED", "PROCESSING", "RECEIVED"]
    assert [action for action, _, _ in await trail(bench)][-2] == "take-up-undone"
    # It is taken up anew; what somebody took over, or sent back and got again, is put back as it is.
    await claimed(kurt, case)
    await claimed(karla, case, over=True)
    assert (await karla.post(f"{API}/cases/{case}/release")).json()["state"] == "PROCESSING"
    other = await reported(anna)
    await claimed(kurt, other)
    await kurt.post(f"{API}/cases/{other}/question", json={"text": "Wo?"})
    await anna.post(f"{API}/applications/{other}/answer", json={"text": "Hier."})
    assert (await kurt.post(f"{API}/cases/{other}/release")).json()["state"] == "PROCESSING"


async def test_the_list_is_narrowed_by_form_office_state_and_who_has_it(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, karla: httpx.AsyncClient
) -> None:
    one, two, three = [await reported(anna, str(number)) for number in range(3)]
    await claimed(kurt, one)
    await claimed(karla, two)
    assert await listed(kurt) == [one, two, three]
    assert await listed(kurt, mine="true") == [one]
    assert await listed(kurt, state="RECEIVED") == [three]
    assert await listed(kurt, form="meldung", office="amt") == [one, two, three]
    assert await listed(kurt, form="ausweis") == await listed(kurt, office="other") == []


@pytest.fixture
async def two_offices(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path
) -> tuple[Bench, str]:
    """A city whose `meldung` lies with another office than `ausweis`, and a case of it."""
    folder = tmp_path / "cities"
    shutil.copytree(cities, folder)
    offices = folder / "heidelberg" / "offices.toml"
    offices.write_text(offices.read_text("utf-8") + '\n[[offices]]\nid = "bauhof"\ntitle = "Bauhof"\n')
    form = folder / "heidelberg" / "forms" / "meldung.yaml"
    form.write_text(form.read_text("utf-8").replace("office: amt", "office: bauhof"))
    bench = await bench_of("mash_forms", cities=folder)
    return bench, await reported(bench.client(subject="anna"))


async def test_a_clerk_of_one_office_finds_nothing_of_anothers(two_offices: tuple[Bench, str]) -> None:
    bench, case = two_offices
    builder = bench.client(roles=["clerk", "office:bauhof"], subject="bert")
    assert await listed(builder) == [case]
    assert "Bauhof" in (await builder.get("/pages/desk")).text
    stranger = bench.client(roles=["clerk", "supervisor", "office:amt"], subject="amalia")
    assert await listed(stranger) == []
    assert await listed(stranger, office="bauhof") == []
    assert "Bauhof" not in (await stranger.get("/pages/desk")).text
    one, csrf = f"{API}/applications/{case}", {"csrf": CSRF}
    answers = [
        await stranger.get(one),
        await stranger.get(f"{one}/documents/{new_id()}"),
        await stranger.post(f"{one}/decision", json={"outcome": "APPROVED"}),
        await stranger.put(f"{one}/hold", json={"held": True, "reason": "x"}),
        await stranger.put(f"{API}/cases/{case}/claim", json={}),
        await stranger.post(f"{API}/cases/{case}/release"),
        await stranger.get(f"/pages/desk/applications/{case}"),
        await stranger.get(f"/pages/desk/applications/{case}/files/{new_id()}"),
        await stranger.post(f"/pages/desk/applications/{case}/take-over", data=csrf),
    ]
    assert {answer.status_code for answer in answers} == {404}
    async with bench.unit() as unit:
        noted = "select count(*) from audit where action = 'refused' and actor = 'amalia'"
        assert await unit.connection.scalar(text(noted)) == len(answers), "each left a line"
    assert (await builder.get(one)).status_code == 200
    both = bench.client(roles=["clerk", "office:bauhof", "office:amt"], subject="bea")
    assert await listed(both) == [case]


async def test_the_pages_claim_take_over_and_put_back(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, karla: httpx.AsyncClient
) -> None:
    path = f"/pages/desk/applications/{await reported(anna)}"
    csrf = {"csrf": CSRF}
    assert (await kurt.post(f"{path}/take-up", data=csrf)).status_code == 303
    assert "Sie haben diesen Antrag in Bearbeitung" in (await kurt.get(path)).text
    told = (await karla.get(path)).text
    assert "Kurt Muster hat diesen Antrag schon in Bearbeitung" in told
    assert "/decision" not in told
    assert "Kurt Muster" in (await karla.get("/pages/desk")).text
    assert (await karla.post(f"{path}/take-over", data=csrf)).status_code == 303
    assert "/decision" in (await karla.get(path)).text
    assert (await karla.post(f"{path}/release", data=csrf)).status_code == 303
    assert "/take-up" in (await kurt.get(path)).text
    assert "Hier liegt nichts" in (await kurt.get("/pages/desk", params={"mine": "yes"})).text
