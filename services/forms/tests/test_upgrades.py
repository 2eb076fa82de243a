# SPDX-License-Identifier: EUPL-1.2
"""What was there before the desk knew offices, stages and words has them after the upgrade."""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from mash_sdk.ids import new_id
from mash_sdk.migrations.migrate import migrate
from mash_sdk.testing import Bench, PostgresServer

BEFORE = "0006"
DEFINITION = json.dumps({"form": {}, "office": {"id": "amt"}})
DATA = json.dumps({"what": "Schlagloch", "rows": [{"deep": "Bergstraße"}], "often": 3})


@pytest.fixture
async def old(bench: Bench, postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The DSN of a database as it was, with a case in each state of the office."""
    name = "mash_test_upgrade"
    settings = bench.program.settings.model_copy(update=dict(postgres_server.dsns("mash_forms", name)))
    dsn = str(settings.postgres_admin).replace("+asyncpg", "")
    admin = await asyncpg.connect(str(bench.program.settings.postgres_admin).replace("+asyncpg", ""))
    try:
        await admin.execute(f"create database {name}")
        await migrate("mash_forms", settings, BEFORE)
        connection = await asyncpg.connect(dsn)
        await connection.execute("set search_path to forms; set mash.tenant to heidelberg")
        await connection.execute(
            "insert into form_versions (form, version, definition) values ('meldung', '1', $1)", DEFINITION
        )
        for number, state in enumerate(("RECEIVED", "PROCESSING", "COMPLETED")):
            one = new_id()
            await connection.execute(
                "insert into applications (id, reference, form, form_version, applicant_subject,"
                " applicant_name, applicant_email, applicant_language, data, state, submitted_at, changed_at)"
                " values ($1, $2, 'meldung', '1', 'anna', 'Anna Beispiel', '', 'de', $3, $4, now(), now())",
                one,
                f"HD-{number}",
                DATA,
                state,
            )
            await connection.execute(
                "insert into history (application_id, number, state, at, by)"
                " values ($1, 1, $2, now(), 'kurt')",
                one,
                state,
            )
        await connection.close()
        await migrate("mash_forms", settings)
        yield dsn
    finally:
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.close()


async def test_cases_of_before_have_office_stage_claim_and_words(old: str) -> None:
    connection = await asyncpg.connect(old)
    try:
        await connection.execute("set search_path to forms; set mash.tenant to heidelberg")
        rows = await connection.fetch(
            "select a.state, a.office, a.stage, a.claimed_by, h.stage as past from applications a"
            " join history h on h.application_id = a.id order by a.reference"
        )
        assert [tuple(row) for row in rows] == [
            ("RECEIVED", "amt", "received", None, "received"),
            ("PROCESSING", "amt", "processing", "kurt", "processing"),
            ("COMPLETED", "amt", "", None, ""),
        ]
        for words in ("schlaglöcher", "beispiel", "bergstraße"):
            assert len(await connection.fetch("select found($1, 10)", words)) == 3
        forced = await connection.fetchval(
            "select count(*) from pg_class where relnamespace = 'forms'::regnamespace and relrowsecurity"
            " and not relforcerowsecurity"
        )
        assert forced == 1, "search alone, for the function that names the tenant itself"
    finally:
        await connection.close()
