# SPDX-License-Identifier: EUPL-1.2
"""Words go through a whole case: no table says them, and after erasure nothing of it is left."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest

from mash_forms.service import Retention
from mash_sdk.audit import Sealing
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"
if TYPE_CHECKING:
    Connection = asyncpg.Connection[Any]
else:
    Connection = asyncpg.Connection

CANARIES = [f"kanarie{number}xq" for number in range(12)]
(SAID, NAME, EMAIL, FILE, BYTES, QUESTION, ANSWER, MESSAGE, NOTE, CLERK, WHY, REASON) = CANARIES
PDF = f"%PDF-1.7\n1 0 obj\n<</Title ({BYTES})>>\nendobj\ntrailer\n<<>>\n%%EOF\n".encode()


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk", "supervisor"], subject="kurt", given_name="Kurt", family_name=CLERK)


@pytest.fixture
async def case(bench: Bench, kurt: httpx.AsyncClient) -> str:
    """A case in which all that can be written was written, and every answer is remembered for its key."""
    who: dict[str, Any] = {"given_name": "Anna", "family_name": NAME, "email": f"{EMAIL}@example.org"}
    anna, case = bench.client(subject="anna", email_verified=True, **who), new_id()

    async def send(client: httpx.AsyncClient, path: str, **body: Any) -> None:
        answer = await client.post(f"{API}/{path}", json=body, headers={"idempotency-key": new_id()})
        assert answer.is_success, (path, answer.text)

    draft = {"csrf": CSRF, "what": SAID}
    assert (await anna.post(f"/pages/apply/meldung/{new_id()}/what", data=draft)).status_code == 303
    await send(anna, "applications", id=case, form="meldung", data={"what": SAID})
    await bench.settle()
    assert (await kurt.put(f"{API}/cases/{case}/claim", json={})).status_code == 200
    await send(kurt, f"cases/{case}/question", text=QUESTION)
    sent = {"files": (f"{FILE}.pdf", PDF, "application/pdf")}
    place = f"/pages/account/applications/{case}/answer"
    answered = await anna.post(place, data={"csrf": CSRF, "text": ANSWER}, files=sent)
    assert answered.status_code == 303, answered.text
    await send(anna, f"applications/{case}/messages", text=MESSAGE)
    await send(kurt, f"cases/{case}/notes", text=NOTE)
    for held in (True, False):
        body = {"held": held, "reason": WHY}
        assert (await kurt.put(f"{API}/applications/{case}/hold", json=body)).status_code == 204
    await send(kurt, f"applications/{case}/decision", outcome="REJECTED", reason=REASON)
    await bench.settle()
    return case


@pytest.fixture
async def whole(bench: Bench) -> AsyncIterator[Connection]:
    """Sees every row of every table."""
    connection = await asyncpg.connect(bench.program.settings.postgres_admin)
    yield connection
    await connection.close()


async def told(whole: Connection) -> dict[str, set[str]]:
    """Which canaries each table of the schema holds, in text or in bytes; all rows are looked through."""
    names = await whole.fetch("select tablename from pg_tables where schemaname = 'forms'")
    found: dict[str, set[str]] = {}
    for (name,) in names:
        rows = await whole.fetch(f'select t::text from forms."{name}" t')  # noqa: S608
        said = "\n".join(str(row[0]) for row in rows).lower()
        there = {one for one in CANARIES if one in said or one.encode().hex() in said}
        if there:
            found[str(name)] = there
    return found


async def test_no_table_says_what_was_written_and_who_may_reads_all_of_it(
    bench: Bench, kurt: httpx.AsyncClient, whole: Connection, case: str
) -> None:
    assert await told(whole) == {}
    for table in (
        "search",
        "idempotency",
        "outbox",
        "messages",
        "notes",
        "attachment_pieces",
        "documents",
        "drafts",
    ):
        assert await whole.fetchval(f"select count(*) from forms.{table}") > 0, table  # noqa: S608
    page = (await kurt.get(f"/pages/desk/applications/{case}")).text
    for said in set(CANARIES) - {BYTES, CLERK, WHY}:
        assert said in page, said
    for word in (SAID, NAME):
        [item] = (await kurt.post(f"{API}/cases/search", json={"words": word})).json()["items"]
        assert item["id"] == case
    found = (await kurt.get(f"{API}/cases", params={"form": "meldung"})).json()["items"]
    assert found[0]["claim"] is None or CLERK in found[0]["claim"]["name"]


async def test_who_has_a_case_in_work_is_sealed_and_shown(
    bench: Bench, kurt: httpx.AsyncClient, whole: Connection
) -> None:
    anna = bench.client(subject="anna")
    sent = await anna.post(f"{API}/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    place = f"{API}/cases/{sent.json()['id']}"
    await kurt.put(f"{place}/claim", json={})
    [item] = (await kurt.get(f"{API}/cases")).json()["items"]
    assert item["claim"]["name"] == f"Kurt {CLERK}"
    assert await told(whole) == {}
    await kurt.post(f"{place}/release")
    assert await whole.fetchval("select claimed_sealed from forms.applications") is None


async def test_after_erasure_no_table_says_a_word_of_it_and_the_chain_holds(
    bench: Bench, whole: Connection, case: str
) -> None:
    retention, sealing = bench.program.provides[Retention], bench.program.provides[Sealing]
    assert isinstance(retention, Retention)
    assert isinstance(sealing, Sealing)
    reference = await whole.fetchval("select reference from forms.applications")
    bench.clock.forward(days=3 * 366)
    with bench.program.telemetry.active():
        assert await retention.once() == {"draft": 1, "document": 1, "application": 1}
    assert await told(whole) == {}
    assert await whole.fetchval("select string_agg(kind, '') from forms.case_keys") == "search"
    owned = ("applications", "drafts", "search", "attachments", "messages", "notes", "decisions")
    for table in (*owned, "attachment_pieces", "documents", "history", "proposals"):
        assert await whole.fetchval(f"select count(*) from forms.{table}") == 0, table  # noqa: S608
    await sealing.once()
    dora = bench.client(roles=["auditor"], subject="dora")
    assert (await dora.get(f"{API}/audit")).json()["holds"]
    page = (await dora.get("/pages/audit", params={"reference": reference})).text
    assert "gelöscht (Antrag)" in page
    assert "gelöscht (Schreiben)" in page
    assert "Ende der Aufbewahrung" in page
    assert not any(one in page for one in CANARIES)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    for word in (SAID, NAME):
        assert (await kurt.post(f"{API}/cases/search", json={"words": word})).json()["items"] == []
