# SPDX-License-Identifier: EUPL-1.2
"""Appointments that are booked: changed, cancelled, taken back, put into calendars, and the desk's day."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import text

from mash.forms.v1.events_pb2 import MessageWritten
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

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


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


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


async def actions(bench: Bench) -> list[str]:
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select action from audit order by at, id"))
        return [row.action for row in found if row.action.startswith("appointment")]


async def test_it_is_changed_cancelled_and_taken_back_until_a_day_before(
    bench: Bench, anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    first, second = "2026-03-09T09:00+01:00", "2026-03-09T09:30+01:00"
    one = await booked(anna, first)
    place, page = f"{API}/applications/{one}/appointment", f"/pages/account/applications/{one}/appointment"
    assert "Bis Sie einen anderen gewählt haben" in (await anna.get(page)).text
    nothing = await anna.post(page, data={"csrf": CSRF})
    assert nothing.status_code == 422
    assert "Kein Termin gewählt." in nothing.text
    changed = await anna.post(page, data={"csrf": CSRF, "starts_at": second})
    assert changed.status_code == 303
    again = await anna.put(place, json={"starts_at": second})
    assert datetime.fromisoformat(again.json()["starts_at"]) == datetime.fromisoformat(second)
    assert (again.json()["standing"], again.json()["can_be_changed"]) == ("booked", True)

    assert "Termin absagen?" in (await anna.get(f"{page}/cancellation")).text
    assert (await anna.post(f"{page}/cancellation", data={"csrf": CSRF})).status_code == 303
    shown = (await anna.get(f"/pages/account/applications/{one}")).text
    assert "Absage rückgängig machen" in shown
    assert second in await free(bob, "2026-03-09")
    assert (await anna.post(f"{page}/restoration", data={"csrf": CSRF})).status_code == 303
    assert (await anna.get(place)).json()["standing"] == "booked"
    # Twice is once; and what somebody else has meanwhile is not taken back.
    for _ in range(2):
        assert (await anna.post(f"{place}/cancellation")).status_code == 200
    await booked(bob, second)
    await booked(bob, second)
    lost = await anna.post(f"{place}/restoration")
    assert (lost.status_code, lost.json()["type"].rpartition("/")[2]) == (409, "taken")
    assert (await anna.put(place, json={"starts_at": second})).status_code == 422
    assert (await anna.put(place, json={"starts_at": first})).status_code == 200

    bench.clock.forward(days=6, hours=1)
    anna = bench.client(subject="anna")
    for answer in (
        await anna.post(f"{place}/cancellation"),
        await anna.put(place, json={"starts_at": "2026-03-10T09:00+01:00"}),
    ):
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "too-late")
    assert "hier nicht mehr" in (await anna.get(f"/pages/account/applications/{one}")).text
    assert [found.removeprefix("appointment-") for found in await actions(bench)] == [
        "booked", "changed", "cancelled", "restored", "cancelled", "booked", "booked", "changed",
    ]  # fmt: skip


async def test_whoever_handed_in_without_one_gets_one_later(anna: httpx.AsyncClient) -> None:
    one = str((await hand_in(anna, None)).json()["id"])
    assert "Sie können einen vereinbaren." in (await anna.get(f"/pages/account/applications/{one}")).text
    chosen = await anna.put(f"{API}/applications/{one}/appointment", json={"starts_at": FIRST})
    assert (chosen.status_code, chosen.json()["standing"]) == (200, "booked")


async def test_taking_the_application_back_frees_the_slot(
    bench: Bench, anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    one = await booked(anna)
    await booked(bob)
    assert FIRST not in await free(bob)
    assert (await anna.post(f"{API}/applications/{one}/withdrawal")).status_code == 200
    assert FIRST in await free(bob)
    place = f"{API}/applications/{one}/appointment"
    assert (await anna.put(place, json={"starts_at": SECOND})).status_code == 409
    assert (await anna.post(f"{place}/restoration")).status_code == 409
    assert (await actions(bench))[-1] == "appointment-cancelled"


def event(answer: httpx.Response) -> tuple[str, Any]:
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    [found] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), found


@pytest.mark.parametrize("path", [API, "/pages/account"])
async def test_calendars_know_it_by_one_id_and_count_its_changes(anna: httpx.AsyncClient, path: str) -> None:
    first = "2026-03-30T09:00+02:00"
    answer = await hand_in(anna, first, id=(one := new_id()))
    reference, place = answer.json()["reference"], f"{API}/applications/{one}/appointment"
    file = f"{path}/applications/{one}/appointment/calendar"
    method, new = event(await anna.get(file))
    assert (method, new["SEQUENCE"], str(new["STATUS"])) == ("PUBLISH", 0, "CONFIRMED")
    assert new["DTSTART"].dt == datetime.fromisoformat(first)
    assert (new["DTEND"].dt - new["DTSTART"].dt).total_seconds() == 1800
    assert str(new["LOCATION"]) == "Musterstraße 1, 00000 Musterstadt"
    assert str(new["DESCRIPTION"]) == f"Aktenzeichen {reference}"
    assert "anna" not in (await anna.get(file)).text.casefold()
    await anna.put(place, json={"starts_at": "2026-03-31T09:00+02:00"})
    method, moved = event(await anna.get(file))
    assert (method, moved["SEQUENCE"], str(moved["UID"])) == ("PUBLISH", 1, str(new["UID"]))
    await anna.post(f"{place}/cancellation")
    method, gone = event(await anna.get(file))
    assert (method, gone["SEQUENCE"], str(gone["STATUS"])) == ("CANCEL", 2, "CANCELLED")
    assert str(gone["UID"]) == str(new["UID"])
    saved = (await anna.get(file)).headers["content-disposition"]
    assert f"termin-{reference}.ics" in saved


async def test_somebody_elses_is_not_there(
    bench: Bench, anna: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    one = await booked(anna)
    place, page = f"{API}/applications/{one}/appointment", f"/pages/account/applications/{one}/appointment"
    for client in (bob, bench.client("mannheim", subject="anna")):
        answers = [
            await client.get(place),
            await client.put(place, json={"starts_at": SECOND}),
            await client.post(f"{place}/cancellation"),
            await client.post(f"{place}/restoration"),
            await client.get(f"{place}/calendar"),
            await client.get(page),
            await client.get(f"{page}/calendar"),
            await client.get(f"{page}/cancellation"),
            await client.post(f"{page}/cancellation", data={"csrf": CSRF}),
        ]
        assert {answer.status_code for answer in answers} == {404}


async def test_the_desk_sees_the_day_notes_who_came_and_takes_it_back(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    one = await booked(anna)
    listed = (await kurt.get(f"{API}/appointments", params={"day": "2026-03-03"})).json()["items"]
    assert [(item["application_id"], item["standing"], item["place"]) for item in listed] == [
        (one, "booked", 1)
    ]
    assert "Anna" not in str(listed)
    for day in ("2026-03-02", "2026-03-04"):
        assert (await kurt.get(f"{API}/appointments", params={"day": day})).json()["items"] == []
    page = (await kurt.get("/pages/desk/appointments", params={"day": "2026-03-03"})).text
    assert "9:00–9:30 Uhr" in page
    assert "Erschienen" not in page  # the day has not come
    marking = f"{API}/cases/{one}/appointment/attendance"
    assert (await kurt.put(marking, json={"standing": "came"})).status_code == 409
    assert (await kurt.put(marking, json={"standing": "cancelled"})).status_code == 422
    bench.clock.forward(days=1)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    assert "Nicht erschienen" in (await kurt.get("/pages/desk/appointments")).text
    path = f"/pages/desk/applications/{one}/appointment"
    marked = await kurt.post(path, data={"csrf": CSRF, "standing": "missed", "back": "2026-03-03"})
    assert marked.headers["location"].endswith("/desk/appointments?day=2026-03-03")
    assert (await kurt.put(marking, json={"standing": "booked"})).json()["standing"] == "booked"
    assert (await kurt.post(path, data={"csrf": CSRF, "standing": "came"})).status_code == 303
    assert "erschienen" in (await kurt.get(f"/pages/desk/applications/{one}")).text
    assert (await kurt.post(path, data={"csrf": CSRF, "standing": "held"})).status_code == 422
    assert [found.removeprefix("appointment-") for found in await actions(bench)] == [
        "booked", "missed", "open", "kept",
    ]  # fmt: skip
    for day in ("0001-01-01", "9999-12-31", "x"):
        assert (await kurt.get("/pages/desk/appointments", params={"day": day})).status_code == 200


async def test_the_desk_cancels_with_a_message(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    one = await booked(anna)
    page = f"/pages/desk/applications/{one}/appointment/cancellation"
    assert "Termin absagen" in (await kurt.get(page)).text
    assert (await kurt.post(page, data={"csrf": CSRF, "text": " "})).status_code == 422
    done = await kurt.post(page, data={"csrf": CSRF, "text": "Das Amt ist wegen eines Umzugs zu."})
    assert done.status_code == 303
    await bench.settle()
    assert [found.action_required for found in bench.announced(MessageWritten)] == [False]
    shown = (await anna.get(f"/pages/account/applications/{one}")).text
    assert "abgesagt vom Amt" in shown
    assert "wegen eines Umzugs" in shown
    assert "Neuen Termin wählen" in shown
    assert "Absage rückgängig" not in shown
    assert (
        await kurt.post(f"{API}/cases/{one}/appointment/cancellation", json={"text": "x"})
    ).status_code == 409
    assert (await anna.post(f"{API}/applications/{one}/appointment/restoration")).status_code == 409
    again = await anna.put(f"{API}/applications/{one}/appointment", json={"starts_at": SECOND})
    assert again.json()["standing"] == "booked"


async def test_a_clerk_of_another_office_sees_and_does_nothing(bench: Bench, anna: httpx.AsyncClient) -> None:
    one = await booked(anna)
    other = bench.client(roles=["clerk", "office:standesamt"], subject="karla")
    for office in ("", "amt"):
        query = {"day": "2026-03-03", "office": office}
        assert (await other.get(f"{API}/appointments", params=query)).json()["items"] == []
    bench.clock.forward(days=1)
    other = bench.client(roles=["clerk", "office:standesamt"], subject="karla")
    marking = f"{API}/cases/{one}/appointment/attendance"
    assert (await other.put(marking, json={"standing": "came"})).status_code == 404
    refused = await other.post(f"{API}/cases/{one}/appointment/cancellation", json={"text": "x"})
    assert refused.status_code == 404
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select count(*) from audit where action = 'refused'"))
        assert found.scalar() == 2
