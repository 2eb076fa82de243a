# SPDX-License-Identifier: EUPL-1.2
"""Asking the applicant, answering, writing both ways and noting, through the doors."""

from base64 import b64encode

import httpx
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import MessageWritten
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="anna", given_name="Anna", family_name="Beispiel")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt", given_name="Kurt", family_name="Muster")


@pytest.fixture
async def case(anna: httpx.AsyncClient, kurt: httpx.AsyncClient) -> str:
    answer = await anna.post(f"{API}/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    case = str(answer.json()["id"])
    await kurt.put(f"{API}/cases/{case}/claim", json={})
    return case


async def state(client: httpx.AsyncClient, case: str) -> str:
    return str((await client.get(f"{API}/applications/{case}")).json()["state"])


async def test_a_question_goes_to_the_applicant_and_the_answer_back(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    asked = await kurt.post(f"{API}/cases/{case}/question", json={"text": "Wo ist das Loch?"})
    assert (asked.status_code, asked.json()["state"]) == (200, "ACTION_REQUIRED")
    again = await kurt.post(f"{API}/cases/{case}/question", json={"text": "Wo?"})
    assert again.status_code == 409
    await bench.settle()
    [event] = bench.announced(MessageWritten)
    assert event.action_required
    assert "Loch" not in str(event)
    page = (await anna.get(f"/pages/account/applications/{case}")).text
    assert "Wo ist das Loch?" in page
    assert "bis zum" in page
    assert "Kurt" not in page
    bob = bench.client(subject="bob")
    for path in ("answer", "messages"):
        assert (await bob.post(f"{API}/applications/{case}/{path}", json={"text": "x"})).status_code == 404
    assert (await bob.get(f"{API}/applications/{case}/messages")).status_code == 404
    answered = await anna.post(f"{API}/applications/{case}/answer", json={"text": "Hauptstraße 1"})
    assert (answered.status_code, answered.json()["state"]) == (200, "PROCESSING")
    assert (await anna.post(f"{API}/applications/{case}/answer", json={"text": "x"})).status_code == 409
    found = (await kurt.get(f"{API}/applications/{case}/messages")).json()["items"]
    assert [(one["kind"], one["text"]) for one in found] == [
        ("question", "Wo ist das Loch?"),
        ("answer", "Hauptstraße 1"),
    ]
    # Whoever had it in work has it still.
    [item] = (await kurt.get(f"{API}/cases", params={"mine": True})).json()["items"]
    assert item["id"] == case


async def test_an_answer_on_the_page_brings_files(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    path, account = f"/pages/desk/applications/{case}", f"/pages/account/applications/{case}"
    assert (await kurt.post(f"{path}/question", data={"csrf": CSRF, "text": "Bild?"})).status_code == 303
    wrong = await anna.post(
        f"{account}/answer",
        data={"csrf": CSRF, "text": "Hier"},
        files={"files": ("a.exe", b"MZ", "image/png")},
    )
    assert wrong.status_code == 422
    assert "nicht annehmen" in wrong.text
    assert await state(anna, case) == "ACTION_REQUIRED"
    right = await anna.post(
        f"{account}/answer",
        data={"csrf": CSRF, "text": "Hier"},
        files={"files": ("loch.pdf", PDF, "application/pdf")},
    )
    assert right.status_code == 303, right.text
    shown = (await kurt.get(path)).text
    assert "loch.pdf" in shown
    assert "nachgereicht" in shown
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select action from audit order by at, id"))
        actions = [row.action for row in rows]
    assert [one for one in actions if one in {"asked", "file-added", "answered"}] == [
        "asked",
        "file-added",
        "answered",
    ]
    late = await anna.post(
        f"{account}/answer",
        data={"csrf": CSRF, "text": "Noch"},
        files={"files": ("b.pdf", PDF, "application/pdf")},
    )
    assert late.status_code == 409


async def test_messages_go_both_ways_and_notes_stay_inside(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    path, account = f"/pages/desk/applications/{case}", f"/pages/account/applications/{case}"
    csrf = {"csrf": CSRF}
    assert (await kurt.post(f"{path}/messages", data={**csrf, "text": "Guten Tag"})).status_code == 303
    assert (await anna.post(f"{account}/messages", data={**csrf, "text": "Danke <b>"})).status_code == 303
    assert (await kurt.post(f"{path}/notes", data={**csrf, "text": "Vorsicht Hund"})).status_code == 303
    await bench.settle()
    assert [event.action_required for event in bench.announced(MessageWritten)] == [False]
    assert await state(anna, case) == "PROCESSING"
    mine, theirs = (await anna.get(account)).text, (await kurt.get(path)).text
    assert "Guten Tag" in mine
    assert "Danke &lt;b&gt;" in theirs
    assert "Vorsicht Hund" in theirs
    assert "Vorsicht Hund" not in mine
    assert (await anna.get(f"{API}/cases/{case}/notes")).status_code == 403
    [note] = (await kurt.get(f"{API}/cases/{case}/notes")).json()["items"]
    assert (note["text"], note["name"]) == ("Vorsicht Hund", "Kurt Muster")


@pytest.mark.parametrize("said", ["", "  ", "x" * 4001])
async def test_what_cannot_be_sent_is_told_at_its_field(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str, said: str
) -> None:
    path, account = f"/pages/desk/applications/{case}", f"/pages/account/applications/{case}"
    for client, where in (
        (kurt, f"{path}/question"),
        (kurt, f"{path}/messages"),
        (kurt, f"{path}/notes"),
        (anna, f"{account}/messages"),
        (anna, f"{account}/answer"),
    ):
        answer = await client.post(where, data={"csrf": CSRF, "text": said})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    refused = await kurt.post(f"{API}/cases/{case}/question", json={"text": said})
    assert refused.json()["errors"][0]["pointer"] == "/text"


async def test_a_colleagues_case_is_not_sent_back(bench: Bench, case: str) -> None:
    karla = bench.client(roles=["clerk"], subject="karla")
    refused = await karla.post(f"{API}/cases/{case}/question", json={"text": "Wo?"})
    assert refused.json()["type"].endswith("/claimed")


async def test_a_program_answers_with_files(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    answer = f"{API}/applications/{case}/answer"
    good = {"name": "loch.pdf", "content": b64encode(PDF).decode()}
    assert (await anna.post(answer, json={"text": "Hier", "files": [good]})).status_code == 409
    await kurt.post(f"{API}/cases/{case}/question", json={"text": "Bild?"})
    bad = {"name": "a.png", "content": b64encode(b"MZ").decode()}
    refused = await anna.post(answer, json={"text": "Hier", "files": [good, bad]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/files/1")
    assert await state(anna, case) == "ACTION_REQUIRED"
    for wrong in (
        {"text": "Hier", "files": [{"name": "a.pdf", "content": "%%"}]},
        {"text": " ", "files": []},
    ):
        assert (await anna.post(answer, json=wrong)).status_code == 422
    # What came before the fault is there, and sent once more it is there once.
    key = {"Idempotency-Key": "an-answer-of-annas"}
    for _ in range(2):
        done = await anna.post(answer, json={"text": "Hier", "files": [good]}, headers=key)
        assert (done.status_code, done.json()["state"]) == (200, "PROCESSING")
    assert (await kurt.get(f"/pages/desk/applications/{case}")).text.count("loch.pdf</a>") == 1


@pytest.mark.parametrize(
    ("language", "said", "wrong"),
    [
        (
            "en",
            ["Messages", "Question of the office", "Your answer", "Please answer by"],
            "The text is missing.",
        ),
        ("de-simple", ["Das Amt fragt", "Dann prüft das Amt weiter."], "Schreiben Sie etwas in das Feld."),
    ],
)
async def test_citizens_write_in_the_language_they_applied_in(
    bench: Bench,
    anna: httpx.AsyncClient,
    kurt: httpx.AsyncClient,
    case: str,
    language: str,
    said: list[str],
    wrong: str,
) -> None:
    await kurt.post(f"{API}/cases/{case}/question", json={"text": "Wo?"})
    async with bench.unit() as unit:
        await unit.connection.execute(
            text("update applications set applicant_language = :l"), {"l": language}
        )
    page = f"/pages/account/applications/{case}"
    shown = (await anna.get(page)).text
    assert [one for one in said if one not in shown] == []
    assert f'lang="{language}"' in shown
    again = await anna.post(f"{page}/answer", data={"csrf": CSRF, "text": "", "language": language})
    assert again.status_code == 422
    assert wrong in again.text
    file = {"files": ("a.exe", b"MZ", "image/png")}
    spoilt = await anna.post(
        f"{page}/answer", data={"csrf": CSRF, "text": "Hier", "language": language}, files=file
    )
    assert spoilt.status_code == 422
    assert (
        await anna.post(f"{page}/messages", data={"csrf": CSRF, "text": "", "language": "x"})
    ).status_code == 422
    assert "Frage des Amts" in (await kurt.get(f"/pages/desk/applications/{case}")).text
