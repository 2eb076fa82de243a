# SPDX-License-Identifier: EUPL-1.2
"""The code on a letter: it confirms that it was issued and holds, says no name, and cannot be guessed."""

import io
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import text

from mash_forms.model.codes import ALPHABET, code_of, read_code
from mash_forms.service import Retention
from mash_sdk.testing import Bench

API = "/api/forms/v1"
PAGE = "/pages/verify"
WRONG = "0000-0000-0000-0000"
ANNA = {"given_name": "Anna", "family_name": "Unverwechselbar", "email": "anna@login.example"}


async def letter_of(bench: Bench, outcome: str = "APPROVED") -> tuple[str, str]:
    """Code and reference on a letter that was issued."""
    anna = bench.client(subject="anna", **ANNA)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    body = {"form": "meldung", "data": {"what": "Loch"}}
    made = (await anna.post(f"{API}/applications", json=body)).json()
    place = f"{API}/applications/{made['id']}"
    await kurt.post(f"{place}/decision", json={"outcome": outcome, "reason": "Kein Grund."})
    await bench.settle()
    [document] = (await anna.get(place)).json()["documents"]
    reader = PdfReader(io.BytesIO((await anna.get(f"{place}/documents/{document['id']}")).content))
    said = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "/verify" in said
    found = re.search(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b", said)
    assert found is not None, said
    return found[0], made["reference"]


async def asked(client: httpx.AsyncClient, code: str, where: str = "192.0.2.1") -> httpx.Response:
    return await client.post(PAGE, data={"code": code}, headers={"x-forwarded-for": where})


@pytest.mark.parametrize(("outcome", "said"), [("APPROVED", "Genehmigt"), ("REJECTED", "Abgelehnt")])
async def test_whoever_holds_a_letter_has_it_confirmed(bench: Bench, outcome: str, said: str) -> None:
    code, reference = await letter_of(bench, outcome)
    for typed in (
        code,
        code.lower(),
        f" {code.replace('-', ' ')} ",
        code.replace("0", "o").replace("1", "l"),
    ):
        page = await asked(bench.visitor(), typed)
        assert page.status_code == 200
        for word in ("Dieses Schreiben stammt von uns", reference, "2.3.2026", said, "Prüfamt"):
            assert word in page.text
        assert "Unverwechselbar" not in page.text
        assert "Loch" not in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (WRONG, "gibt es kein Schreiben dieser Kommune"),
        ("", "Der Prüfcode fehlt"),
        ("HD-7K2M-9QXC", "Das ist kein Prüfcode"),
        ("<script>", "Das ist kein Prüfcode"),
    ],
)
async def test_a_wrong_code_is_said_clearly(bench: Bench, typed: str, said: str) -> None:
    page = await asked(bench.visitor(), typed)
    assert page.status_code == 422
    assert said in page.text
    assert "<title>" not in page.text
    assert "<script>" not in page.text


async def test_a_letter_of_another_city_is_not_known(bench: Bench) -> None:
    code, _ = await letter_of(bench)
    assert "gibt es kein Schreiben" in (await asked(bench.visitor("mannheim"), code)).text


async def test_a_letter_that_was_taken_back_is_said_to_be(bench: Bench) -> None:
    code, _ = await letter_of(bench)
    async with bench.unit() as unit:
        await unit.connection.execute(text("update issued_letters set withdrawn_at = '2026-03-05T10:00Z'"))
    page = (await asked(bench.visitor(), code)).text
    assert "Dieses Schreiben gilt nicht mehr" in page
    assert "05.03.2026" in page


async def test_who_guesses_has_to_wait_and_others_need_not(bench: Bench) -> None:
    code, _ = await letter_of(bench)
    visitor = bench.visitor()
    for _ in range(10):
        assert (await asked(visitor, WRONG)).status_code == 422
    refused = await asked(visitor, code)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert (await asked(visitor, code, "192.0.2.2")).status_code == 200
    bench.clock.forward(minutes=11)
    assert (await asked(visitor, code)).status_code == 200


async def test_it_is_confirmed_after_the_application_is_gone(bench: Bench) -> None:
    code, _ = await letter_of(bench)
    bench.clock.forward(days=5 * 366)
    retention: Any = bench.program.provides[Retention]
    assert (await retention.once())["application"] == 1
    assert "Dieses Schreiben stammt von uns" in (await asked(bench.visitor(), code)).text


async def test_the_database_does_not_hold_the_code(bench: Bench) -> None:
    code, _ = await letter_of(bench)
    async with bench.unit() as unit:
        rows = await unit.connection.scalars(text("select t::text from issued_letters t"))
        kept = "".join(rows)
    for one in (code, code.replace("-", ""), code.encode().hex(), code.replace("-", "").encode().hex()):
        assert one not in kept


@given(drawn=st.binary(min_size=10, max_size=10))
def test_a_code_is_read_as_it_was_written(drawn: bytes) -> None:
    code = code_of(drawn)
    assert read_code(code) == code
    for between in ("", " ", "\u00ad", "\u2010", "\u2011", "–", "\u2212"):
        assert read_code(code.lower().replace("-", between)) == code
    number = 0
    for letter in code.replace("-", ""):
        number = number << 5 | ALPHABET.index(letter)
    assert number.to_bytes(10) == drawn, "no bit of it is lost"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ["Schreiben prüfen", "Dieses Schreiben stammt von uns", "Genehmigt", "Prüfcode fehlt"]),
        ("en", ["Check a letter", "This letter is ours", "Approved", "code is missing"]),
        ("de-simple", ["Einen Brief prüfen", "Dieser Brief ist von uns", "Ja: Sie dürfen das", "Code fehlt"]),
    ],
)
async def test_the_page_speaks_the_citizens_languages(bench: Bench, language: str, said: list[str]) -> None:
    code, _ = await letter_of(bench)
    page = await bench.visitor().get(PAGE, params={"language": language})
    assert f'<main id="main" class="kern-stack-xl" lang="{language}">' in page.text
    assert said[0] in page.text
    for other in {"de", "en", "de-simple"} - {language}:
        assert f"/verify?language={other}" in page.text
    found = await bench.visitor().post(PAGE, data={"code": code, "language": language})
    assert all(words in found.text for words in said[1:3])
    empty = await bench.visitor().post(PAGE, data={"code": " ", "language": language})
    assert empty.status_code == 422
    assert said[3] in empty.text
    assert (await bench.visitor().get(PAGE, params={"language": "xx"})).status_code == 200
