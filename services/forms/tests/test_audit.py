# SPDX-License-Identifier: EUPL-1.2
"""The audit trail: chained soon after, whole whoever writes at once; no hand in PostgreSQL goes unseen."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mash_forms.model.audit import Line
from mash_forms.service.ports import Action
from mash_forms.views.trail import ACTIONS, purpose
from mash_sdk.audit import Chain, Head, Sealed, Sealing, seal
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sdk.testing.clock import START

API = "/api/forms/v1"
Tampered = Callable[[str], Awaitable[None]]


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna")


@pytest.fixture
def dora(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["auditor"], subject="dora")


@pytest.fixture
def sealing(bench: Bench) -> Sealing:
    found: Any = bench.program.provides[Sealing]
    assert isinstance(found, Sealing)
    return found


@pytest.fixture
def tampered(bench: Bench) -> Tampered:
    """What somebody does who administers PostgreSQL: no right and no trigger holds them back."""

    async def tamper(statement: str) -> None:
        connection = await asyncpg.connect(bench.program.settings.postgres_admin)
        try:
            await connection.execute("set session_replication_role = replica")
            done = await connection.execute(statement)
        finally:
            await connection.close()
        assert not done.endswith(" 0"), "nothing was tampered with"

    return tamper


async def handed_in(client: httpx.AsyncClient) -> str:
    answer = await client.post(f"{API}/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    return str(answer.json()["id"])


async def verdict(client: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await client.get(f"{API}/audit", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def lines(unit: Unit) -> list[tuple[Any, ...]]:
    found = await unit.connection.execute(
        text("select action, actor, application_id::text, detail from audit order by id")
    )
    return [tuple(row) for row in found]


@pytest.fixture
async def chain(anna: httpx.AsyncClient, sealing: Sealing) -> list[str]:
    """Six lines: three applications handed in, and seen."""
    ids = [await handed_in(anna) for _ in range(3)]
    for one in ids:
        await anna.get(f"{API}/applications/{one}")
    assert await sealing.once() == 6
    return ids


@pytest.mark.usefixtures("chain")
async def test_a_chain_that_nobody_touched_holds(dora: httpx.AsyncClient, sealing: Sealing) -> None:
    found = await verdict(dora)
    assert (found["holds"], found["open"], found["head"].partition(":")[0]) == (True, 0, "6")
    # That it was verified is a line itself.
    assert await sealing.once() == 1
    assert (await verdict(dora, noted=found["head"]))["holds"]


@pytest.mark.parametrize(
    ("statement", "number", "why"),
    [
        ("update forms.audit set actor = 'nobody' where number = 3", 3, "altered"),
        ("update forms.audit set at = at + interval '1 microsecond' where number = 1", 1, "altered"),
        ("update forms.audit set detail = 'x' where number = 6", 6, "altered"),
        ("delete from forms.audit where number = 4", 4, "missing"),
        ("update forms.audit set hash = sha256('x') where number = 2", 2, "altered"),
        ("update forms.audit set number = number + 1 where number = 6", 6, "missing"),
        ("update forms.audit set tenant = 'mannheim' where number = 5", 5, "missing"),
    ],
)
@pytest.mark.usefixtures("chain")
async def test_a_hand_in_postgresql_is_found(
    dora: httpx.AsyncClient, tampered: Tampered, statement: str, number: int, why: str
) -> None:
    await tampered(statement)
    found = await verdict(dora)
    assert (found["holds"], found["broken_at"], found["why"]) == (False, number, why)


@pytest.mark.usefixtures("chain")
async def test_a_chain_that_was_cut_off_is_found_by_whoever_noted_its_end(
    dora: httpx.AsyncClient, tampered: Tampered
) -> None:
    noted = (await verdict(dora))["head"]
    await tampered("delete from forms.audit where number >= 5")
    assert (await verdict(dora))["holds"], "nothing in the database tells"
    found = await verdict(dora, noted=noted)
    assert (found["holds"], found["broken_at"], found["why"]) == (False, 5, "cut")


@pytest.mark.usefixtures("chain")
async def test_a_chain_that_was_made_anew_is_found_by_whoever_noted_its_end(
    dora: httpx.AsyncClient, sealing: Sealing, tampered: Tampered
) -> None:
    noted = (await verdict(dora))["head"]
    await tampered("update forms.audit set number = null, hash = null, actor = 'kurt'")
    await sealing.once()
    assert (await verdict(dora))["holds"], "it is a chain, only another one"
    found = await verdict(dora, noted=noted)
    assert (found["holds"], found["broken_at"], found["why"]) == (False, 6, "altered")


async def test_a_line_that_is_kept_from_the_chain_is_found(
    bench: Bench, anna: httpx.AsyncClient, dora: httpx.AsyncClient
) -> None:
    await handed_in(anna)
    assert (await verdict(dora))["open"] == 1
    bench.clock.forward(minutes=6)
    found = await verdict(bench.client(roles=["auditor"], subject="dora"))
    assert (found["holds"], found["broken_at"], found["why"]) == (False, 1, "late")


@pytest.mark.parametrize("role", ["unit", "worker_unit"])
@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 'x'",
        "update audit set number = 9, hash = sha256('x') where number = 1",
        "update audit set number = null, hash = null",
        "delete from audit",
        "truncate audit",
    ],
)
@pytest.mark.usefixtures("chain")
async def test_no_role_of_the_service_may_change_a_line(bench: Bench, role: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|only added to"):
        async with getattr(bench.program.database, role)("heidelberg") as unit:
            await unit.connection.execute(text(statement))


async def test_who_writes_and_seals_at_once_makes_one_chain(
    bench: Bench, anna: httpx.AsyncClient, dora: httpx.AsyncClient, sealing: Sealing
) -> None:
    ids = [await handed_in(anna) for _ in range(3)]
    other = Sealing(sealing._trail, bench.program.database)

    async def look(one: str) -> None:
        assert (await anna.get(f"{API}/applications/{one}")).status_code == 200

    for _ in range(4):
        await asyncio.gather(*(look(one) for one in ids), sealing.once(), other.once(), sealing.once())
    await sealing.once()
    found = await verdict(dora)
    assert (found["holds"], found["open"], found["head"].partition(":")[0]) == (True, 0, "15")


@pytest.mark.usefixtures("chain")
async def test_each_city_has_a_chain_of_its_own(bench: Bench, sealing: Sealing) -> None:
    await handed_in(bench.client("mannheim", roles=["citizen"], subject="mia"))
    await sealing.once()
    found = await verdict(bench.client("mannheim", roles=["auditor"], subject="max"))
    assert (found["holds"], found["head"].partition(":")[0]) == (True, "1")


@pytest.mark.parametrize("path", ["", "/receipt", "/documents/{document}", "/withdrawal"])
async def test_who_is_refused_somebody_elses_leaves_a_line(
    bench: Bench, anna: httpx.AsyncClient, path: str
) -> None:
    application = await handed_in(anna)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    await kurt.post(f"{API}/applications/{application}/decision", json={"outcome": "APPROVED"})
    await bench.settle()
    [letter] = (await anna.get(f"{API}/applications/{application}")).json()["documents"]
    eve = bench.client(roles=["citizen"], subject="eve")
    place = f"{API}/applications/{application}{path.format(document=letter['id'])}"
    answer = await (eve.post(place) if path == "/withdrawal" else eve.get(place))
    assert answer.status_code == 404
    async with bench.unit() as unit:
        assert [line for line in await lines(unit) if line[1] == "eve"] == [
            ("refused", "eve", application, "application")
        ]


async def test_a_letter_asked_for_under_ones_own_application_leaves_a_line(
    bench: Bench, anna: httpx.AsyncClient
) -> None:
    application = await handed_in(anna)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    await kurt.post(f"{API}/applications/{application}/decision", json={"outcome": "APPROVED"})
    await bench.settle()
    [letter] = (await anna.get(f"{API}/applications/{application}")).json()["documents"]
    eve = bench.client(roles=["citizen"], subject="eve")
    place = f"{API}/applications/{await handed_in(eve)}/documents/{letter['id']}"
    assert (await eve.get(place)).status_code == 404
    async with bench.unit() as unit:
        assert ("refused", "eve", application, "document") in await lines(unit)


async def test_who_is_refused_somebody_elses_draft_leaves_a_line(
    bench: Bench, anna: httpx.AsyncClient
) -> None:
    draft = new_id()
    place = f"/pages/apply/meldung/{draft}/what"
    assert (await anna.post(place, data={"csrf": "test-csrf", "what": "Loch"})).status_code == 303
    eve = bench.client(roles=["citizen"], subject="eve")
    assert (await eve.get(place)).status_code == 404
    async with bench.unit() as unit:
        assert ("refused", "eve", draft, "draft") in await lines(unit)


async def test_what_is_nobodys_leaves_no_line(bench: Bench, anna: httpx.AsyncClient) -> None:
    assert (await anna.get(f"{API}/applications/{new_id()}")).status_code == 404
    async with bench.unit() as unit:
        assert await lines(unit) == []


@pytest.mark.parametrize("role", ["citizen", "clerk", "editor", "treasurer"])
async def test_only_auditors_look_into_the_trail(bench: Bench, role: str) -> None:
    client = bench.client(roles=[role], subject="who")
    assert (await client.get(f"{API}/audit")).status_code == 403
    assert (await client.get("/pages/audit")).status_code == 403


async def test_a_head_that_is_none_is_refused(dora: httpx.AsyncClient) -> None:
    for noted in ("x", "1:zz", "0:" + "00" * 32, "1:00", "-1:" + "00" * 32):
        answer = await dora.get(f"{API}/audit", params={"noted": noted})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "?noted"
        page = await dora.post("/pages/audit", data={"csrf": "test-csrf", "noted": noted})
        assert (page.status_code, "So sieht kein Kettenende aus" in page.text) == (422, True)


@pytest.mark.usefixtures("chain")
async def test_the_page_names_the_first_broken_line(dora: httpx.AsyncClient, tampered: Tampered) -> None:
    whole = await dora.post("/pages/audit", data={"csrf": "test-csrf"})
    assert "Die Kette stimmt" in whole.text
    await tampered("update forms.audit set actor = 'nobody' where number = 3")
    page = await dora.post("/pages/audit", data={"csrf": "test-csrf"})
    assert "Die Kette ist unterbrochen" in page.text
    assert "ist Nummer 3" in page.text


async def test_an_auditor_sees_who_saw_an_application_and_is_seen(
    bench: Bench, anna: httpx.AsyncClient, dora: httpx.AsyncClient
) -> None:
    application = await handed_in(anna)
    await bench.client(roles=["clerk"], subject="kurt").get(f"{API}/applications/{application}")
    reference = (await anna.get(f"{API}/applications/{application}")).json()["reference"]
    page = await dora.get("/pages/audit", params={"reference": reference})
    assert page.status_code == 200
    for said in ("Antrag abgegeben", "Antrag angesehen", "kurt"):
        assert said in page.text
    assert "Protokoll angesehen" in (await dora.get("/pages/audit", params={"reference": reference})).text
    assert "falsch geschrieben" in (await dora.get("/pages/audit", params={"reference": "HD-1"})).text


def test_every_action_has_a_name_that_no_other_has() -> None:
    assert set(ACTIONS) == set(Action)
    assert len(set(ACTIONS.values())) == len(ACTIONS)


async def test_the_page_says_purposes_as_people_do(
    bench: Bench, anna: httpx.AsyncClient, dora: httpx.AsyncClient
) -> None:
    application = await handed_in(anna)
    for clerk in ("kurt", "karla"):
        client = bench.client(roles=["clerk"], subject=clerk)
        await client.put(f"{API}/cases/{application}/claim", json={"take_over": True})
    reference = (await anna.get(f"{API}/applications/{application}")).json()["reference"]
    page = (await dora.get("/pages/audit", params={"reference": reference})).text
    assert "von jemand anderem übernommen" in page
    assert "von kurt" in page
    told = {
        "retention": "Ende der Aufbewahrung",
        "consent to street, town from x": "mit Einwilligung: street, town",
        "consent to street for krippenplatz x": "mit Einwilligung, für krippenplatz: street",
        "word a notice to the applicant": "eine Benachrichtigung schreiben",
        "something else": "something else",
    }
    line = Line("t", "i", START, "seen", None, "person", "kurt", "")
    assert {said: purpose(replace(line, purpose=said)) for said in told} == told


def _line(number: int) -> Line:
    return Line("heidelberg", str(number), START, "seen", None, "person", f"p{number}", "", "")


@given(length=st.integers(2, 20), data=st.data())
def test_no_single_change_of_a_chain_goes_unseen(length: int, data: st.DataObject) -> None:
    whole = list(seal([_line(number) for number in range(length)], Head()))
    place = data.draw(st.integers(0, length - 1))
    kind = data.draw(st.sampled_from(["alter", "drop", "swap"] if place < length - 1 else ["alter"]))
    changed = list(whole)
    if kind == "alter":
        changed[place] = Sealed(_line(99), changed[place].number, changed[place].hash)
    elif kind == "drop":
        del changed[place]
    else:
        changed[place], changed[place + 1] = changed[place + 1], changed[place]
    chain = Chain()
    chain.go_on(changed)
    assert chain.broken is not None
    assert chain.broken.number == place + 1
    right = Chain(Head(length, whole[-1].hash))
    right.go_on(whole)
    right.end()
    assert right.broken is None
