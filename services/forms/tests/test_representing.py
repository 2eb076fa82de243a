# SPDX-License-Identifier: EUPL-1.2
"""Applying for a child or a company: asked first, proven by a file, confirmed by a clerk, said on letters."""

import io
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from mash_forms.model.checks import faults
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
REPRESENTS = """
represents:
  - {kind: child, proof: {de: "Sorgerechtsbeschluss"}, legal_basis: {title: "§ 1 Prüfgesetz", demo: true}}
  - {kind: company, proof: {de: "Vollmacht"}, legal_basis: {title: "§ 2 Prüfgesetz", demo: true}}
"""
CHILD = {
    "represented_given_name": "Ben",
    "represented_family_name": "Beispiel",
    "represented_born": "2020-02-03",
}
LOGIN = {
    "given_name": "Anna",
    "family_name": "Beispiel",
    "email": "anna@login.example",
    "birthdate": "1990-05-17",
}


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path) -> Bench:
    """heidelberg's `meldung` may be handed in for a child or a company."""
    shutil.copytree(cities, tmp_path / "cities")
    form = tmp_path / "cities" / "heidelberg" / "forms" / "meldung.yaml"
    form.write_text(form.read_text(encoding="utf-8") + REPRESENTS, encoding="utf-8")
    return await bench_of("mash_forms", cities=tmp_path / "cities")


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="anna", **LOGIN)


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def send(client: httpx.AsyncClient, path: str, files: Any = None, **values: str) -> str:
    answer = await client.post(f"/pages{path}", data={"csrf": CSRF, **values}, files=files)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removeprefix("/heidelberg")


async def for_child(client: httpx.AsyncClient) -> str:
    """Hand in for a child, as a browser does it. Returns the id."""
    draft = new_id()
    base = f"/apply/meldung/{draft}"
    assert await send(client, f"{base}/acting-for", acting_for="child") == f"{base}/represented-child"
    blank = await client.get(f"/pages{base}/represented-child")
    assert "Sorgerechtsbeschluss" in blank.text
    for own in ("Anna", "Beispiel", "1990-05-17"):
        assert f'value="{own}"' not in blank.text, "the account is that of the person who acts"
    unproven = await send(client, f"{base}/represented-child", **CHILD)
    assert unproven.startswith(f"{base}/represented-child?check=1")
    proof = {"represented_child_proof": ("beschluss.pdf", io.BytesIO(PDF), "application/pdf")}
    step = await send(client, f"{base}/represented-child", files=proof, **CHILD)
    await send(client, step, what="Ein Loch")
    assert await send(client, f"{base}/review") == f"/account/applications/{draft}"
    return draft


async def test_for_oneself_nothing_more_is_asked(anna: httpx.AsyncClient) -> None:
    base = f"/apply/meldung/{new_id()}"
    step = await send(anna, f"{base}/acting-for", acting_for="self")
    assert "represented" not in step
    await send(anna, step, what="Ein Loch")
    assert "/account/applications/" in await send(anna, f"{base}/review")


async def test_for_a_child_both_are_shown_and_a_clerk_confirms_the_proof_before_it_is_approved(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    application = await for_child(anna)
    path = f"/desk/applications/{application}"
    seen = (await kurt.get(f"/pages{path}")).text
    assert "Ben Beispiel (Kind)" in seen
    assert "Anna Beispiel" in seen
    assert "beschluss.pdf" in seen
    assert "Nachweis bestätigen" in seen

    api = f"/api/forms/v1/applications/{application}/decision"
    early = await kurt.post(api, json={"outcome": "APPROVED"})
    assert early.status_code == 409
    assert early.json()["type"].endswith("proof-unconfirmed")
    assert await send(kurt, f"{path}/proof") == path
    assert await send(kurt, f"{path}/proof") == path
    assert "Nachweis bestätigt am" in (await kurt.get(f"/pages{path}")).text
    async with bench.unit() as unit:
        noted = await unit.connection.execute(
            text("select actor from audit where action = 'proof-confirmed'")
        )
        assert list(noted.scalars()) == ["kurt"]
    assert (await kurt.post(api, json={"outcome": "APPROVED"})).status_code == 200
    await bench.settle()
    [document] = (await anna.get(f"/api/forms/v1/applications/{application}")).json()["documents"]
    letter = await anna.get(f"/api/forms/v1/applications/{application}/documents/{document['id']}")
    receipt = await anna.get(f"/pages/account/applications/{application}/receipt")
    for printed in (letter, receipt):
        words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed.content)).pages)
        assert "Ben Beispiel, vertreten durch Anna Beispiel" in re.sub(r"\s+", " ", words)


async def test_without_a_proof_it_may_be_rejected(anna: httpx.AsyncClient, kurt: httpx.AsyncClient) -> None:
    application = await for_child(anna)
    api = f"/api/forms/v1/applications/{application}/decision"
    refused = await kurt.post(api, json={"outcome": "REJECTED", "reason": "Der Nachweis fehlt."})
    assert refused.status_code == 200
    assert (await send_raw(kurt, f"/desk/applications/{application}/proof")).status_code == 409


async def send_raw(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(f"/pages{path}", data={"csrf": CSRF})


async def test_by_api_the_represented_person_is_asked_for_too(anna: httpx.AsyncClient) -> None:
    body = {"form": "meldung", "data": {"what": "Loch", "acting_for": "company"}}
    refused = await anna.post("/api/forms/v1/applications", json=body)
    assert refused.status_code == 422
    missing = {one["pointer"] for one in refused.json()["errors"]}
    assert missing == {"/data/represented_company", "/data/represented_company_proof"}


async def test_there_is_nothing_to_confirm_where_everybody_acts_for_themselves(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    body = {"form": "meldung", "data": {"what": "Loch", "acting_for": "self"}}
    made = (await anna.post("/api/forms/v1/applications", json=body)).json()["id"]
    assert (await send_raw(kurt, f"/desk/applications/{made}/proof")).status_code == 409
    decided = await kurt.post(f"/api/forms/v1/applications/{made}/decision", json={"outcome": "APPROVED"})
    assert decided.status_code == 200


def test_what_a_form_says_wrongly_of_it_is_told_where_it_is_written() -> None:
    proof = {"de": "x"}
    form: dict[str, Any] = {
        "trust_level": 1,
        "data": {"properties": {"acting_for": {"type": "string"}}},
        "steps": [{"id": "acting-for", "fields": [{"path": "/acting_for", "widget": "text"}]}],
        "represents": [{"kind": "child", "proof": proof}, {"kind": "child", "proof": proof}],
        "handover": {"order": {"shows": []}},
    }
    places = {place for place, _ in faults(form)}
    assert places == {
        ("represents", 1, "kind"),
        ("data", "properties", "acting_for"),
        ("steps", 0, "id"),
        ("represents",),
    }
