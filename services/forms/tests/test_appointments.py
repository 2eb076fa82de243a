# SPDX-License-Identifier: EUPL-1.2
"""Appointments through the doors: chosen, held, booked, changed, cancelled; nobody is on another's place."""

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash_forms.service import Retention
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench
from mash_sdk.testing.patience import until

API = "/api/forms/v1"
FIRST, SECOND = "2026-03-03T09:00+01:00", "2026-03-03T09:30+01:00"


@pytest.fixture
def cities(visited_cities: Path) -> Path:
    return visited_cities


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="anna")


@pytest.fixture
def bob(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="bob")


async def hand_in(client: httpx.AsyncClient, visit: str | None = FIRST, **more: Any) -> httpx.Response:
    data = {"what": "Haus"} | ({"visit": visit} if visit else {})
    return await client.post(f"{API}/applications", json={"form": "beratung", "data": data, **more})


async def booked(client: httpx.AsyncClient, visit: str = FIRST) -> str:
    answer = await hand_in(client, visit)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def free(client: httpx.AsyncClient, week: str | None = None) -> list[str]:
    answer = await client.get(f"{API}/forms/beratung/slots", params={"week": week} if week else {})
    assert answer.status_code == 200, answer.text
    return [one["answer"] for one in answer.json()["items"]]


class Draft:
    """Somebody who fills the form in with a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.id = client, new_id()
        self.base = f"/pages/apply/beratung/{self.id}"

    async def send(self, step: str, action: str = "next", **values: str) -> str:
        answer = await self.client.post(
            f"{self.base}/{step}", data={"csrf": CSRF, "action": action, **values}
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]

    async def see(self, page: str) -> str:
        answer = await self.client.get(f"{self.base}/{page}")
        assert answer.status_code == 200
        return answer.text


async def test_free_slots_are_offered_by_week_without_holidays_and_closed_days(
    anna: httpx.AsyncClient,
) -> None:
    # It is Monday, ten o'clock: what begins within two hours cannot be booked any more.
    first = await free(anna)
    assert first[:2] == ["2026-03-02T14:00+01:00", "2026-03-02T14:30+01:00"]
    assert {one[:10] for one in first} == {"2026-03-02", "2026-03-03", "2026-03-04"}
    assert "2026-03-31T09:00+02:00" in await free(anna, "2026-04-03")
    assert {one[:10] for one in await free(anna, "2026-04-08")} == {"2026-04-07", "2026-04-08", "2026-04-09"}
    whole = (await anna.get(f"{API}/forms/beratung/slots")).json()
    assert (whole["minutes"], whole["demo"], whole["before"], whole["after"]) == (
        30,
        True,
        None,
        "2026-03-09",
    )
    assert (await anna.get(f"{API}/forms/meldung/slots")).status_code == 404
    assert (await anna.get(f"{API}/forms/beratung/slots", params={"week": "1900-01-01"})).status_code == 422


async def test_a_slot_is_chosen_held_and_booked_without_a_script(
    bench: Bench, anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    draft, other, third = Draft(anna), Draft(bob), Draft(bench.client(subject="cem"))
    for one in (draft, other, third):
        assert await one.send("what", what="Haus") == "visit"
    shown = await draft.see("visit")
    assert "Dienstag, 3. März 2026 (4 frei)" in shown
    assert "Prüfamt, Musterstraße 1, 00000 Musterstadt" in shown
    assert "Demodaten" in shown
    assert await draft.send("visit", "week:2026-03-09") == "visit?week=2026-03-09#f-visit"
    later = await draft.see("visit?week=2026-03-09")
    assert "Montag, 9. März 2026" in later
    assert "3. März" not in later

    assert await draft.send("visit", visit=FIRST) == "review"
    assert "Dienstag, 3. März 2026, 9:00 Uhr" in await draft.see("review")
    kept = await draft.see("visit?week=2026-03-09")
    assert "Ihre Wahl: Dienstag, 3. März 2026, 9:00 Uhr</strong> (bis 10:30 Uhr für Sie reserviert)" in kept
    assert re.search(f'value="{re.escape(FIRST)}" checked', kept)
    # There are two places: the second is held too, and for the third there is none.
    assert await other.send("visit", visit=FIRST) == "review"
    assert FIRST not in await third.see("visit")
    assert await third.send("visit", visit=FIRST) == "visit?check=1"
    assert "Der Termin ist vergeben." in await third.see("visit?check=1")
    assert "eine Angabe" in await third.see("review")

    # Whoever goes away gives it back.
    thrown = await bob.post(f"/pages/account/drafts/{other.id}/delete", data={"csrf": CSRF})
    assert thrown.status_code == 303
    assert await third.send("visit", visit=FIRST) == "review"
    assert (await hand_in(bob)).status_code == 422
    # What is held is booked by handing in.
    assert (await anna.post(f"{draft.base}/review", data={"csrf": CSRF})).status_code == 303
    page = (await anna.get(f"/pages/account/applications/{draft.id}")).text
    assert "Dienstag, 3. März 2026, 9:00 Uhr" in page
    assert "Ändern oder absagen können Sie bis 02.03.2026, 09:00 Uhr" not in page  # that is over
    assert "Dienstag, 3. März 2026, 9:00 Uhr" in (await anna.get("/pages/account")).text

    # Half an hour later the third one's is for whoever comes first, and that is told at its field.
    bench.clock.forward(minutes=30)
    bob, third.client = bench.client(subject="bob"), bench.client(subject="cem")
    assert (await hand_in(bob)).status_code == 201
    late = await third.client.post(f"{third.base}/review", data={"csrf": CSRF})
    assert late.headers["location"].endswith("/review")
    assert "Der Termin ist vergeben." in await third.see("visit?check=1")
    assert await third.send("visit", visit=SECOND) == "review"
    done = await third.client.post(f"{third.base}/review", data={"csrf": CSRF})
    assert "/account/applications/" in done.headers["location"]


async def test_going_without_one_gives_the_slot_back(anna: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await booked(bob)
    draft = Draft(anna)
    await draft.send("what", what="Haus")
    assert await draft.send("visit", visit=FIRST) == "review"
    assert FIRST not in await free(bob)
    assert await draft.send("visit", visit="") == "review"
    assert FIRST in await free(bob)
    assert (await anna.post(f"{draft.base}/review", data={"csrf": CSRF})).status_code == 303
    page = (await anna.get(f"/pages/account/applications/{draft.id}")).text
    assert "Sie haben keinen Termin." in page
    assert (await anna.get(f"{API}/applications/{draft.id}/appointment")).status_code == 404


async def test_one_person_holds_a_few_slots_only(anna: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    for at, visit in enumerate(["2026-03-09T09:00+01:00", "2026-03-09T09:30+01:00", "2026-03-09T10:00+01:00",
                                "2026-03-09T10:30+01:00"]):  # fmt: skip
        draft = Draft(anna)
        await draft.send("what", what="Haus")
        assert await draft.send("visit", visit=visit) == "review"
        kept = "für Sie reserviert" in await draft.see("visit")
        assert kept == (at < 3)


@pytest.mark.parametrize(
    ("visit", "reason"),
    [
        ("2026-03-03T09:10+01:00", "vergeben"),
        ("2026-03-05T09:00+01:00", "vergeben"),
        ("2026-03-02T11:00+01:00", "vergeben"),
        ("2027-03-02T09:00+01:00", "vergeben"),
        ("2026-03-03T09:00", "kein Termin"),
        ("morgen", "kein Termin"),
        ("0001-01-01T00:00+14:00", "kein Termin"),
    ],
)
async def test_what_is_no_free_slot_is_refused_at_its_field(
    anna: httpx.AsyncClient, visit: str, reason: str
) -> None:
    answer = await hand_in(anna, visit)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], reason in error["reason"]) == ("/data/visit", True)


async def test_a_moment_written_otherwise_is_the_same_answer(anna: httpx.AsyncClient) -> None:
    one = new_id()
    first = await hand_in(anna, "2026-03-03T08:00:00Z", id=one)
    assert (await hand_in(anna, FIRST, id=one)).json() == first.json()
    assert (await anna.get(f"{API}/applications/{one}")).json()["data"]["visit"] == FIRST


async def test_many_at_once_get_as_many_places_as_there_are(bench: Bench) -> None:
    people = [bench.client(subject=f"person-{number}") for number in range(12)]
    answers = await asyncio.gather(*(hand_in(person) for person in people))
    assert sorted(one.status_code for one in answers) == [201] * 2 + [422] * 10
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select place from appointments order by place"))
        assert list(found.scalars()) == [1, 2]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_people_do_at_once_nobody_is_on_anothers_place(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    people = [bench.client(subject=f"person-{number}") for number in range(6)]
    wanted = ["2026-03-09T09:00+01:00", "2026-03-09T09:30+01:00"]
    cases: dict[int, str] = {}
    for _ in range(6):

        async def act(number: int) -> None:
            client, slot, does = people[number], chance.choice(wanted), chance.choice("bcxru")
            if number not in cases or does == "b":
                answer = await hand_in(client, slot)
                if answer.status_code == 201:
                    cases[number] = answer.json()["id"]
                assert answer.status_code in {201, 422}
                return
            path = f"{API}/applications/{cases[number]}"
            if does == "c":
                answer = await client.put(f"{path}/appointment", json={"starts_at": slot})
            elif does == "x":
                answer = await client.post(f"{path}/appointment/cancellation")
            elif does == "r":
                answer = await client.post(f"{path}/appointment/restoration")
            else:
                answer = await client.post(f"{path}/withdrawal")
            assert answer.status_code in {200, 409, 422}, answer.text

        await asyncio.gather(*(act(number) for number in range(len(people))))
        async with bench.unit() as unit:
            found = await unit.connection.execute(
                text(
                    "select count(*) from appointments a join appointments b on a.office = b.office"
                    " and a.place = b.place and a.id < b.id and a.starts_at < b.ends_at"
                    " and b.starts_at < a.ends_at"
                    " where a.standing <> 'cancelled' and b.standing <> 'cancelled'"
                )
            )
            assert found.scalar() == 0
            places = await unit.connection.execute(text("select max(place) from appointments"))
            assert (places.scalar() or 1) <= 2


async def test_another_length_of_slots_lets_nobody_in_between(
    bench: Bench, anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    """A city changes its file while appointments of before stand."""
    await booked(anna)
    await booked(bob)
    file = bench.program.settings.cities / "heidelberg" / "appointments.toml"  # type: ignore[attr-defined]
    file.write_text(file.read_text().replace("slot_minutes = 30", "slot_minutes = 20"))

    async def new() -> bool:
        return "2026-03-03T10:40+01:00" in await free(anna)

    await until(new, "the changed file counts")
    found = await free(anna)
    assert [one for one in found if one.startswith("2026-03-03")][:2] == [
        "2026-03-03T09:40+01:00",
        "2026-03-03T10:00+01:00",
    ]
    assert (await hand_in(anna, "2026-03-03T09:20+01:00")).status_code == 422


async def test_what_anothers_draft_holds_is_not_touched(
    anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    """By a program one may hand in under the id of somebody else's draft."""
    draft = Draft(anna)
    await draft.send("what", what="Haus")
    await draft.send("visit", visit=SECOND)
    assert (await hand_in(bob, SECOND, id=draft.id)).status_code == 409


async def test_what_nobody_holds_any_more_and_what_is_past_its_retention_goes(
    bench: Bench, anna: httpx.AsyncClient
) -> None:
    draft = Draft(anna)
    await draft.send("what", what="Haus")
    await draft.send("visit", visit=SECOND)
    one = await booked(anna)
    retention: Retention = bench.program.provides[Retention]
    bench.clock.forward(minutes=31)
    assert (await retention.once())["hold"] == 1
    kurt = bench.client(roles=["clerk"], subject="kurt")
    await kurt.post(f"{API}/applications/{one}/decision", json={"outcome": "APPROVED"})
    assert "hold" not in await retention.once()
    bench.clock.forward(days=400)
    assert (await retention.once())["application"] == 1
    async with bench.unit() as unit:
        assert (await unit.connection.execute(text("select count(*) from appointments"))).scalar() == 0


async def test_a_page_that_follows_along_holds_what_is_chosen_and_stays_in_its_week(
    anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    draft, slot = Draft(anna), "2026-03-10T09:00+01:00"
    await draft.send("what", what="Haus")
    assert 'name="week" value="2026-03-09"' in await draft.see("visit?week=2026-03-11")
    live = {"csrf": CSRF, "action": "follow", "live": "1", "touched": "visit", "week": "2026-03-09"}
    page = await anna.post(f"{draft.base}/visit", data={**live, "visit": slot})
    assert page.status_code == 200
    assert "Dienstag, 10. März 2026, 9:00 Uhr</strong> (bis 10:30 Uhr für Sie reserviert)" in page.text
    assert page.text.count(f'value="{slot}"') == 1
    await booked(bob, slot)
    assert slot not in await free(bob, "2026-03-09")
    # What is gone meanwhile is told at once, and is no choice any more.
    other = Draft(bob)
    await other.send("what", what="Haus")
    gone = await bob.post(f"{other.base}/visit", data={**live, "visit": slot})
    assert "Der Termin ist vergeben." in gone.text
    assert f'value="{slot}"' not in gone.text


FAR = [
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T00:00-14:00",
    "3000-01-01T09:00+01:00",
]


@pytest.mark.parametrize("moment", FAR)
async def test_a_moment_at_the_ends_of_the_calendar_is_no_appointment(
    anna: httpx.AsyncClient, moment: str
) -> None:
    answer = await hand_in(anna, moment)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/data/visit"]
    found = await anna.put(f"{API}/applications/{await booked(anna)}/appointment", json={"starts_at": moment})
    assert found.status_code in {409, 422}
    draft = Draft(anna)
    await draft.send("what", what="Haus")
    assert await draft.send("visit", visit=moment) == "visit?check=1"
    assert "visit" in await draft.see("visit?check=1&week=9999-12-31")
