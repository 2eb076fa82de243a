# SPDX-License-Identifier: EUPL-1.2
"""A second person signs: with a code passed on, seeing only what they sign; a changed answer voids it."""

import io
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationSubmitted, CosignatureChanged
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

COSIGNER = """
cosigner:
  when: "kind == 'second'"
  title: {de: "Wohnungsgeber"}
  text: {de: "Ich bestätige den Einzug."}
  shows: [/given_name, /moved_in]
  days: 7
  legal_basis: {title: "§ 19 Prüfgesetz", demo: true}
"""
HOME = {"given_name": "Anna", "kind": "second", "reason": "Geheimer Zweck", "moved_in": "2026-01-15"}
CHILDREN = {"children.0": "row", "children.0.name": "Ben", "children.0.school": "false"}
API = "/api/forms/v1"


@pytest.fixture
def signed_cities(cities: Path, tmp_path: Path) -> Path:
    """heidelberg's `wohnung` asks for a second signature for a second home."""
    shutil.copytree(cities, tmp_path / "cities")
    form = tmp_path / "cities" / "heidelberg" / "forms" / "wohnung.yaml"
    form.write_text(form.read_text(encoding="utf-8") + COSIGNER, encoding="utf-8")
    return tmp_path / "cities"


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], signed_cities: Path) -> Bench:
    return await bench_of("mash_forms", cities=signed_cities)


class Two:
    """Anna applies, Bert is to sign."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.draft = new_id()
        self.base = f"/pages/apply/wohnung/{self.draft}"
        self.login()

    def login(self) -> None:
        self.anna = self.bench.client(subject="anna", given_name="Anna", email="anna@login.example")
        self.bert = self.bench.client(
            subject="bert", given_name="Bert", family_name="Vermieter", email="bert@login.example", acr="2"
        )

    async def send(self, client: httpx.AsyncClient, path: str, **values: str) -> httpx.Response:
        return await client.post(path, data={"csrf": CSRF, **values})

    async def fill_in(self) -> None:
        await self.send(self.anna, f"{self.base}/home", **HOME)
        await self.send(self.anna, f"{self.base}/leaving", moved_out="")
        await self.send(self.anna, f"{self.base}/family", **CHILDREN)

    async def code(self) -> str:
        asked = await self.send(self.anna, f"{self.base}/signature")
        assert asked.status_code == 200, asked.text
        return str(re.findall(r"<strong>([0-9A-Z-]{19})</strong>", asked.text)[0])

    async def taken(self, code: str) -> str:
        """Bert types the code in; the page he is led to."""
        answer = await self.send(self.bert, "/pages/cosign", code=code.lower())
        assert answer.status_code == 303, answer.text
        return "/pages" + answer.headers["location"].removeprefix("/heidelberg").partition("?")[0]

    async def review(self) -> str:
        return (await self.anna.get(f"{self.base}/review")).text

    async def hand_in(self) -> str:
        answer = await self.send(self.anna, f"{self.base}/review")
        return str(answer.headers["location"])

    async def changes(self) -> Sequence[CosignatureChanged]:
        await self.bench.settle()
        return self.bench.announced(CosignatureChanged)


@pytest.fixture
async def two(bench: Bench) -> Two:
    both = Two(bench)
    await both.fill_in()
    return both


async def trail(bench: Bench) -> list[tuple[str, str]]:
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select action, actor from audit order by id"))
        return [(row.action, row.actor) for row in found]


async def test_it_is_handed_in_only_once_the_second_person_has_signed(bench: Bench, two: Two) -> None:
    waiting = await two.review()
    assert "Zweite Unterschrift: Wohnungsgeber" in waiting
    assert "Gebührenpflichtig beantragen" not in waiting
    assert await two.hand_in() == f"/heidelberg/apply/wohnung/{two.draft}/review"
    sheet = await two.taken(await two.code())
    assert "Die zweite Person hat ihn schon benutzt." in await two.review()

    seen = await two.bert.get(sheet)
    assert "15.01.2026" in seen.text
    assert "Ich bestätige den Einzug." in seen.text
    assert "Sie unterschreiben als Bert Vermieter" in seen.text
    for hidden in ("Geheimer Zweck", "Ben", "anna@login.example"):
        assert hidden not in seen.text, "only what is signed is shown"

    unticked = await two.send(two.bert, f"{sheet}/sign")
    assert unticked.headers["location"].endswith("?fault=tick#tick")
    assert await two.changes() == []
    await two.send(two.bert, f"{sheet}/sign", declared="true")
    await two.send(two.bert, f"{sheet}/sign", declared="true")
    [change] = await two.changes()
    assert (change.application_id, change.signed) == (two.draft, True)
    assert bench.announced(ApplicationSubmitted) == []

    assert "Unterschrieben" in await two.review()
    assert await two.hand_in() == f"/heidelberg/account/applications/{two.draft}"
    await bench.settle()
    assert len(bench.announced(ApplicationSubmitted)) == 1
    signs = [one for one in await trail(bench) if one[0].startswith("cosign")]
    assert signs == [
        ("cosign-asked", "anna"),
        ("cosign-taken", "bert"),
        ("cosign-seen", "bert"),
        ("cosigned", "bert"),
    ]
    assert "Sie haben unterschrieben" in (await two.bert.get(sheet)).text
    stale = await two.anna.get(f"{two.base}/review")
    assert stale.headers["location"] == f"/heidelberg/account/applications/{two.draft}"
    assert (await two.bert.get(f"{two.base}/review")).status_code == 404
    assert ("refused", "bert") in await trail(bench)


async def test_desk_account_and_receipt_show_who_signed_when_how_surely_and_under_what(
    bench: Bench, two: Two
) -> None:
    sheet = await two.taken(await two.code())
    await two.send(two.bert, f"{sheet}/sign", declared="true")
    await two.hand_in()
    async with bench.unit() as unit:
        digest, level = (
            await unit.connection.execute(text("select digest, trust_level from cosignatures"))
        ).one()
        noted = await unit.connection.scalar(text("select detail from audit where action = 'cosigned'"))
    assert (level, noted) == (2, f"{digest} level 2")
    desk = await bench.client(roles=["clerk"], subject="kurt").get(f"/pages/desk/applications/{two.draft}")
    own = await two.anna.get(f"/pages/account/applications/{two.draft}")
    for page in (desk.text, own.text):
        assert "Bert Vermieter" in page
        assert digest in re.sub(r"\s", "", page)
        assert "2 (normal)" in page
    answer = await two.anna.get(f"/pages/account/applications/{two.draft}/receipt")
    receipt = re.sub(r"\s", "", PdfReader(io.BytesIO(answer.content)).pages[0].extract_text())
    assert digest in receipt
    assert "BertVermieter" in receipt


@pytest.mark.parametrize("signed", [False, True])
async def test_a_changed_answer_voids_it_and_both_see_that(two: Two, signed: bool) -> None:  # noqa: FBT001
    sheet = await two.taken(await two.code())
    if signed:
        await two.send(two.bert, f"{sheet}/sign", declared="true")
    await two.send(two.anna, f"{two.base}/home", **HOME)
    assert "gilt nicht mehr" not in await two.review(), "the same answers once more change nothing"
    await two.send(two.anna, f"{two.base}/home", **{**HOME, "reason": "Anderer Zweck"})
    assert "Die Unterschrift gilt nicht mehr" in await two.review()
    assert "Diese Bitte gilt nicht mehr" in (await two.bert.get(sheet)).text
    assert (await two.send(two.bert, f"{sheet}/sign", declared="true")).status_code == 409
    # To change it back does not bring the signature back.
    await two.send(two.anna, f"{two.base}/home", **HOME)
    assert (await two.hand_in()).endswith("/review")
    assert [one.signed for one in await two.changes()] == [True, False][not signed :]


async def test_who_declines_says_why_and_the_applicant_reads_it(two: Two) -> None:
    sheet = await two.taken(await two.code())
    assert (await two.send(two.bert, f"{sheet}/decline", reason=" ")).headers["location"].endswith("#reason")
    await two.send(two.bert, f"{sheet}/decline", reason="Das Datum <stimmt> nicht.")
    assert "Das Datum &lt;stimmt&gt; nicht." in await two.review()
    assert (await two.hand_in()).endswith("/review")
    assert (await two.send(two.bert, f"{sheet}/sign", declared="true")).status_code == 409
    [change] = await two.changes()
    assert not change.signed


async def test_a_code_works_once_for_one_other_person_and_for_a_while(bench: Bench, two: Two) -> None:
    code = await two.code()
    own = await two.send(two.anna, "/pages/cosign", code=code)
    assert own.status_code == 422
    assert "Das ist Ihr eigener Antrag." in own.text
    sheet = await two.taken(code)
    assert await two.taken(code) == sheet
    eva = bench.client(subject="eva")
    assert (await two.send(eva, "/pages/cosign", code=code)).status_code == 422
    assert (await eva.get(sheet)).status_code == 404
    assert ("refused", "eva") in await trail(bench)
    assert (await two.send(eva, f"{sheet}/sign", declared="true")).status_code == 404

    again = await two.code()
    assert (await two.send(two.bert, "/pages/cosign", code=code)).status_code == 422, (
        "a new code ends the old"
    )
    bench.clock.forward(days=8)
    two.login()
    assert (await two.send(two.bert, "/pages/cosign", code=again)).status_code == 422
    assert "Die Frist ist abgelaufen" in await two.review()


async def test_who_guesses_has_to_wait(bench: Bench, two: Two) -> None:
    code = await two.code()
    for _ in range(10):
        assert (await two.send(two.bert, "/pages/cosign", code="0000-0000-0000-0000")).status_code == 422
    assert (await two.send(two.bert, "/pages/cosign", code=code)).status_code == 429


async def test_no_door_is_without_it(bench: Bench) -> None:
    data: dict[str, Any] = {
        "given_name": "Anna",
        "kind": "second",
        "reason": "Arbeit",
        "moved_in": "2026-01-15",
        "children": [{"name": "Ben", "school": False}],
    }
    anna = bench.client(subject="anna")
    body = {"id": new_id(), "form": "wohnung", "data": data}
    refused = await anna.post(f"{API}/applications", json=body)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("cosignature-missing")
    free = {"id": new_id(), "form": "wohnung", "data": {**data, "kind": "only"}}
    free["data"].pop("reason")
    assert (await anna.post(f"{API}/applications", json=free)).status_code == 201, "where no one else signs"


async def test_what_is_personal_lies_under_the_key_of_the_case_and_goes_with_it(
    bench: Bench, two: Two
) -> None:
    sheet = await two.taken(await two.code())
    await two.send(two.bert, f"{sheet}/decline", reason="Streng vertraulich")
    async with bench.unit() as unit:
        row = (await unit.connection.execute(text("select * from cosignatures"))).mappings().one()
        kept = " ".join(map(str, row.values())) + bytes(row["sealed"]).decode("latin-1")
        for secret in ("Vermieter", "login.example", "vertraulich"):
            assert secret not in kept
    async with bench.program.database.worker_unit() as unit:
        await unit.connection.execute(text("delete from case_keys"))
    assert "vertraulich" not in await two.review()
