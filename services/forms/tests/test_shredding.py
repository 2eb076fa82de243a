# SPDX-License-Identifier: EUPL-1.2
"""Personal data lies under a key of its case: unreadable to PostgreSQL, and for good once the key is gone."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_forms.service import KeyKeeping, Retention
from mash_forms.settings import Settings
from mash_forms.store.vault import CaseKey, Unreadable, Vault
from mash_sdk.audit import Sealing
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.settings import SettingsError
from mash_sdk.testing import Bench

API = "/api/forms/v1"
SECRETS = (
    "Unverwechselbar",
    "geheim@example.org",
    "HD-XY 987",
    "Kein Parkraum",
    "lageplan",
    "Nachlassgericht",
)
SECRET = "a secret of tests, thirty-two characters and more"


PLAIN = """
update applications set sealed = null, applicant_name = 'Unverwechselbar', data = '{"plate": "HD-XY 987"}',
    claimed_by = 'kurt', claimed_name = 'lageplan', claimed_at = now(), claimed_sealed = null,
    consent = '{"source": "a", "reference": "Nachlassgericht", "fields": [],
        "given_at": "2026-01-01T00:00:00Z"}';
update drafts set sealed = null, data = '{"given_name": "Unverwechselbar"}';
insert into decisions (id, application_id, outcome, reason, decided_by, decided_at)
    select id, id, 'REJECTED', 'Kein Parkraum', 'kurt', now() from applications;
insert into documents (id, application_id, decision_id, kind, file_name, content, issued_at)
    select id, id, id, 'rejection', 'a.pdf', 'Kein Parkraum', now() from applications;
insert into attachments (id, owner, subject, field, name, kind, size, sha256, verdict, uploaded_at)
    select id, id, 'anna', 'plans', 'lageplan.pdf', 'pdf', 8, 'x', 'clean', now() from applications;
update search set blind = false,
    words = to_tsvector('pg_catalog.german', 'Unverwechselbar Schlaglöcher am Ort');
insert into attachment_pieces (attachment_id, number, content) select id, 0, 'lageplan' from applications
"""
"""What a version of before kept in plain columns."""


def part(bench: Bench, kind: type[Any]) -> Any:
    found = bench.program.provides[kind]
    assert isinstance(found, kind)
    return found


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.fixture
async def rejected(bench: Bench, kurt: httpx.AsyncClient, answers: dict[str, Any]) -> str:
    """An application with a letter, a reason and a held word, all of them personal."""
    anna = bench.client(subject="anna")
    told = {**answers, "family_name": SECRETS[0], "email": SECRETS[1], "plate": SECRETS[2]}
    body = {"form": "ausweis", "data": told}
    application = str((await anna.post(f"{API}/applications", json=body)).json()["id"])
    await bench.deliver(
        PaymentSettled(
            payment_id=new_id(),
            application_id=application,
            paid=Money(cents=3070, currency="EUR"),
            receipt_number="KZ-1",
            settled_at={"seconds": 1772442000},
        )
    )
    decision = {"outcome": "REJECTED", "reason": SECRETS[3]}
    place = f"{API}/applications/{application}"
    assert (await kurt.post(f"{place}/decision", json=decision)).status_code == 200
    await bench.settle()
    lena = bench.client(roles=["clerk", "supervisor"], subject="lena")
    for held in (True, False):
        answer = await lena.put(f"{place}/hold", json={"held": held, "reason": SECRETS[5]})
        assert answer.status_code == 204
    return application


async def dump(bench: Bench) -> str:
    """What of SECRETS lies in the schema, as a backup would have it."""
    connection = await asyncpg.connect(bench.program.settings.postgres_admin)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'forms'")
        rows = [
            str(row[0])
            for table in tables
            for row in await connection.fetch(f'select t::text from forms."{table[0]}" t')  # noqa: S608
        ]
    finally:
        await connection.close()
    hexed = [secret.encode().hex() for secret in SECRETS]
    whole = "\n".join(rows)
    return ", ".join(s for s, h in zip(SECRETS, hexed, strict=True) if s in whole or h in whole)


@pytest.mark.usefixtures("rejected")
async def test_nothing_personal_can_be_read_in_the_database(bench: Bench) -> None:
    assert await dump(bench) == ""


async def test_who_may_reads_all_of_it(bench: Bench, kurt: httpx.AsyncClient, rejected: str) -> None:
    page = (await kurt.get(f"/pages/desk/applications/{rejected}")).text
    for said in SECRETS[:4]:
        assert said in page
    detail = (await kurt.get(f"{API}/applications/{rejected}")).json()
    letter = f"{API}/applications/{rejected}/documents/{detail['documents'][0]['id']}"
    assert (await kurt.get(letter)).content.startswith(b"%PDF")
    dora = bench.client(roles=["auditor"], subject="dora")
    assert SECRETS[5] in (await dora.get("/pages/audit", params={"reference": detail["reference"]})).text


async def test_at_the_end_of_retention_the_key_goes_and_the_chain_holds(
    bench: Bench, kurt: httpx.AsyncClient, rejected: str
) -> None:
    await part(bench, Sealing).once()
    connection = await asyncpg.connect(bench.program.settings.postgres_admin)
    backup = await connection.fetchrow("select * from forms.applications")
    words = await connection.fetchrow("select id, words from forms.audit where words is not null")
    assert backup is not None
    assert words is not None
    bench.clock.forward(days=5 * 366)
    deleted = await part(bench, Retention).once()
    assert deleted == {"application": 1}
    kurt = bench.client(roles=["clerk"], subject="kurt")
    assert (await kurt.get(f"{API}/applications/{rejected}")).status_code == 404
    assert await connection.fetchval("select count(*) from forms.case_keys where kind <> 'search'") == 0
    assert await connection.fetchval("select count(*) from forms.search") == 0
    # Somebody brings the row back from a backup: it says nothing any more.
    keep = {name: value for name, value in backup.items() if name != "rank"}
    await connection.execute("set session_replication_role = replica")
    names, places = (
        ", ".join(f'"{name}"' for name in keep),
        ", ".join(f"${n}" for n in range(1, len(keep) + 1)),
    )
    await connection.execute(f"insert into forms.applications ({names}) values ({places})", *keep.values())  # noqa: S608
    await connection.close()
    shown = (await kurt.get(f"{API}/applications/{rejected}")).json()
    assert shown["data"] == {}
    await part(bench, Sealing).once()
    dora = bench.client(roles=["auditor"], subject="dora")
    verdict = (await dora.get(f"{API}/audit")).json()
    assert verdict["holds"]
    page = (await dora.get("/pages/audit", params={"reference": shown["reference"]})).text
    assert "Löschsperre gesetzt" in page
    assert "gelöscht" in page
    assert SECRETS[5] not in page


async def test_letters_have_a_key_of_their_own_that_goes_with_them(bench: Bench, rejected: str) -> None:
    async def kinds() -> list[str]:
        async with bench.unit() as unit:
            found = await unit.connection.scalars(
                text("select kind from case_keys where owner = :id order by 1"), {"id": rejected}
            )
            return list(found)

    assert await kinds() == ["case", "letters"]
    assert await part(bench, Retention).once() == {}, "now it is planned"
    async with bench.unit() as unit:
        await unit.connection.execute(text("update documents set delete_after = now() - interval '9 years'"))
    assert await part(bench, Retention).once() == {"document": 1}
    assert await kinds() == ["case"]


async def test_rows_of_before_are_readable_and_become_sealed(
    bench: Bench, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    anna, draft = bench.client(subject="anna"), new_id()
    body = {"form": "ausweis", "data": answers}
    application = (await anna.post(f"{API}/applications", json=body)).json()["id"]
    sent = {"csrf": "test-csrf", "given_name": "Anna"}
    await anna.post(f"/pages/apply/ausweis/{draft}/person", data=sent)
    async with bench.unit() as unit:
        for statement in filter(None, map(str.strip, PLAIN.split(";"))):
            await unit.connection.execute(text(statement.replace(":", "\\:")))

    async def read() -> list[Any]:
        place = f"{API}/applications/{application}"
        shown = (await kurt.get(place)).json()
        letter = await kurt.get(f"{place}/documents/{application}")
        file = await kurt.get(f"/pages/desk/applications/{application}/files/{application}")
        page = (await kurt.get(f"/pages/desk/applications/{application}")).text
        step = (await anna.get(f"/pages/apply/ausweis/{draft}/person")).text
        words = ("schlagloch", '"Unverwechselbar Schlaglöcher"', '"Schlaglöcher Unverwechselbar"', "x")
        found = [(await kurt.post(f"{API}/cases/search", json={"words": w})).json()["items"] for w in words]
        said = [secret in page for secret in ("Unverwechselbar", "lageplan.pdf")]
        return [
            shown["data"],
            shown["decision"]["reason"],
            letter.content,
            file.content,
            *said,
            SECRETS[0] in step,
            [len(items) for items in found],
        ]

    before = await read()
    assert before == [
        {"plate": "HD-XY 987"},
        "Kein Parkraum",
        b"Kein Parkraum",
        b"lageplan",
        True,
        True,
        True,
        [1, 1, 0, 0],
    ]
    assert await dump(bench) != ""
    keeping = part(bench, KeyKeeping)
    assert await keeping.once() == (6, 0)
    assert await dump(bench) == ""
    assert await read() == before
    assert await keeping.once() == (0, 0)


async def test_a_new_secret_wraps_the_keys_anew_and_the_old_one_can_go(bench: Bench, rejected: str) -> None:
    async with bench.unit() as unit:
        old = Vault(SECRET)
        assert rejected in await old.keys(unit, [rejected])
    new = Vault("another secret of tests, with as many characters", [SECRET])
    async with bench.program.database.worker_unit() as unit:
        assert await new.rewrap(unit, 100) == 3
        assert await new.rewrap(unit, 100) == 0
    alone = Vault("another secret of tests, with as many characters")
    async with bench.unit() as unit:
        assert rejected in await alone.keys(unit, [rejected])
        with pytest.raises(Unreadable):
            await old.keys(unit, [rejected])


async def test_two_that_need_the_first_key_of_a_case_get_the_same(bench: Bench) -> None:
    vault, owner = Vault(SECRET), new_id()

    async def get() -> bytes:
        async with bench.unit() as unit:
            return (await vault.key(unit, owner)).secret

    assert len(set(await asyncio.gather(*(get() for _ in range(5))))) == 1


async def test_a_key_that_was_made_in_a_part_that_is_undone_is_not_sealed_with(bench: Bench) -> None:
    vault, owner = Vault(SECRET), new_id()
    lost: list[CaseKey] = []

    async def undone(unit: Unit) -> None:
        async with unit.part():
            lost.extend([await vault.key(unit, owner), await vault.key(unit, owner)])
            raise LookupError

    async with bench.unit() as unit:
        with pytest.raises(LookupError):
            await undone(unit)
        kept = await vault.key(unit, owner)
    assert lost[0] == lost[1] != kept
    async with bench.unit() as unit:
        assert (await vault.keys(unit, [owner]))[owner] == kept


def test_what_is_sealed_opens_only_where_it_was_put() -> None:
    key = CaseKey("heidelberg", "a", bytes(32))
    kept = key.seal(b"x", "letter/1")
    assert key.open(kept, "letter/1") == b"x"
    assert key.seal(b"x", "letter/1") != kept
    for other, sealed, place in (
        (key, kept, "letter/2"),
        (CaseKey("mannheim", "a", bytes(32)), kept, "letter/1"),
        (CaseKey("heidelberg", "b", bytes(32)), kept, "letter/1"),
        (key, kept[:-1] + bytes([kept[-1] ^ 1]), "letter/1"),
        (key, b"", "letter/1"),
    ):
        with pytest.raises(Unreadable):
            other.open(sealed, place)


async def test_a_city_cannot_read_another_citys_keys(bench: Bench, rejected: str) -> None:
    vault = Vault(SECRET)
    async with bench.unit("mannheim") as unit:
        assert await vault.keys(unit, [rejected]) == {}


@pytest.mark.parametrize("secret", ["", "short", 8 * "changeme", 40 * "0"])
def test_a_secret_that_is_none_is_refused_at_the_start_without_saying_it(bench: Bench, secret: str) -> None:
    told = {
        f"MASH_{n.upper()}": str(v) for n, v in bench.program.settings.model_dump(exclude_none=True).items()
    }
    with pytest.raises(SettingsError, match="FORMS_CASE_KEY") as refused:
        Settings.load("forms", told | {"FORMS_CASE_KEY": secret})
    assert not secret or secret not in str(refused.value)
    assert Settings.load("forms", told | {"FORMS_CASE_KEY": SECRET}).case_key == SECRET
