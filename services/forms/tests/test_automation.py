# SPDX-License-Identifier: EUPL-1.2
"""Automation with a net: routine cases are decided at once and show why; people sample and reverse."""

import io
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationReceived, DocumentIssued
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_forms.model.checks import faults
from mash_sdk.events import open_envelope
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/forms/v1/applications"
CSRF = {"csrf": "test-csrf"}
ON = """
processing:
  automation:
    enabled: {enabled}
    sample: {sample}
    permitted_by: {{title: "Prüfsatzung", demo: true}}
    rules:
      - id: known-person
        title: {{de: "Meldung einer bekannten Person"}}
        when: "what == 'Loch'"
        matches: [{{register: residents, by: [/what]}}]
        outcome: approved
        legal_basis: {{title: "§ 2 Prüfgesetz", source: "https://example.org/gesetz"}}
"""
REGISTER = """
[[residents]]
what = "loch"
demo = true
"""


@pytest.fixture
def over(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path
) -> Callable[..., Awaitable[Bench]]:
    """A bench whose `meldung` has a rule, as the arguments say."""

    async def make(
        *, enabled: str = "true", sample: float = 0.0, register: str = REGISTER, more: str = ""
    ) -> Bench:
        folder = tmp_path / "cities"
        shutil.copytree(cities, folder)
        city = folder / "heidelberg"
        form = city / "forms" / "meldung.yaml"
        written = form.read_text(encoding="utf-8") + ON.format(enabled=enabled, sample=sample) + more
        form.write_text(written, encoding="utf-8")
        (city / "registers.toml").write_text(register, encoding="utf-8")
        return await bench_of("mash_forms", cities=folder)

    return make


async def handed_in(bench: Bench, what: str = "Loch") -> str:
    anna = bench.client(subject="anna")
    made = await anna.post(API, json={"form": "meldung", "data": {"what": what}})
    await bench.settle()
    return f"{API}/{made.json()['id']}"


async def figures(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await kurt(bench).get("/api/forms/v1/automation")).json()["items"]
    return found


def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def trail(bench: Bench) -> list[tuple[Any, ...]]:
    async with bench.unit() as unit:
        found = await unit.connection.execute(
            text("select action, actor_kind, actor, detail from audit where action ~ 'rule|sampled|reversed'")
        )
        return [tuple(row) for row in found]


async def letters(bench: Bench, case: str) -> list[str]:
    anna = bench.client(subject="anna")
    said = []
    for one in (await anna.get(case)).json()["documents"]:
        reader = PdfReader(io.BytesIO((await anna.get(f"{case}/documents/{one['id']}")).content))
        said.append(" ".join(" ".join(page.extract_text() for page in reader.pages).split()))
    return said


async def test_a_routine_case_is_decided_at_once_and_shows_why(over: Callable[..., Awaitable[Bench]]) -> None:
    bench = await over()
    case = await handed_in(bench)
    assert len(bench.announced(ApplicationDecided)) == len(bench.announced(DocumentIssued)) == 1
    shown = (await kurt(bench).get(case)).json()
    assert (shown["state"], shown["decision"]["outcome"]) == ("COMPLETED", "APPROVED")
    told = (await kurt(bench).get(f"{case}/automatic")).json()
    assert (told["rule"], told["legal_basis"]["title"]) == ("known-person", "§ 2 Prüfgesetz")
    assert told["permitted_by"] == {"title": "Prüfsatzung", "source": None, "demo": True}
    assert told["inputs"] == [
        {"label": "Was", "value": "Loch", "demo": False},
        {"label": "Melderegister (Was)", "value": "stimmt überein", "demo": True},
    ]
    page = (await kurt(bench).get(f"/pages/desk/applications/{case.rpartition('/')[2]}")).text
    for said in ("Automatisch entschieden", "known-person", "§ 2 Prüfgesetz", "Prüfsatzung", "Demodaten"):
        assert said in page
    [letter] = await letters(bench, case)
    for said in ("vollständig automatisch erlassen (§ 35a VwVfG)", "known-person", "§ 2 Prüfgesetz"):
        assert said in letter
    assert await trail(bench) == [
        ("decided-by-rule", "service", "forms", "known-person, § 2 Prüfgesetz, Prüfsatzung")
    ]
    assert await figures(bench) == [{"form": "meldung", "decided": 1, "sampled": 0, "reversed": 0}]


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": "false"},
        {"register": ""},
        {"register": "[[residents]]\nwhat = 'Stein'\ndemo = true\n"},
        {"register": REGISTER + REGISTER},
        {"register": "no toml"},
        {"what": "Stein"},
    ],
)
async def test_what_is_no_routine_case_waits_for_a_person(
    over: Callable[..., Awaitable[Bench]], changes: dict[str, str]
) -> None:
    what = changes.pop("what", "Loch")
    bench = await over(**changes)
    case = await handed_in(bench, what)
    assert (await kurt(bench).get(case)).json()["state"] == "RECEIVED"
    assert (await kurt(bench).get(f"{case}/automatic")).status_code == 404
    assert await trail(bench) == []
    assert await figures(bench) == []


async def test_a_share_goes_to_a_person_and_is_counted(over: Callable[..., Awaitable[Bench]]) -> None:
    bench = await over(sample=1.0)
    case = await handed_in(bench)
    assert (await kurt(bench).get(case)).json()["state"] == "RECEIVED"
    assert [line[0] for line in await trail(bench)] == ["sampled"]
    assert (await kurt(bench).post(f"{case}/decision", json={"outcome": "APPROVED"})).status_code == 200
    await bench.settle()
    assert await figures(bench) == [{"form": "meldung", "decided": 0, "sampled": 1, "reversed": 0}]
    [letter] = await letters(bench, case)
    assert "§ 35a" not in letter


@pytest.mark.parametrize("sample", [0.0, 1.0])
async def test_told_twice_it_is_drawn_and_decided_once(
    over: Callable[..., Awaitable[Bench]], sample: float
) -> None:
    bench = await over(sample=sample)
    await handed_in(bench)
    [envelope] = bench.envelopes(ApplicationReceived)
    before = await bench.effects()
    # As another fact of the same content: the inbox does not know it, the use case has to.
    await bench.deliver(open_envelope(envelope, ApplicationReceived))
    assert await bench.effects() == before


async def test_a_person_reverses_it_and_the_letter_of_before_holds_no_longer(
    over: Callable[..., Awaitable[Bench]],
) -> None:
    bench = await over()
    case = await handed_in(bench)
    [first] = await letters(bench, case)
    same = await kurt(bench).post(f"{case}/reversal", json={"outcome": "APPROVED"})
    assert same.status_code == 409
    body = {"outcome": "REJECTED", "reason": "Das Loch ist zu."}
    reversed_ = await kurt(bench).post(f"{case}/reversal", json=body)
    assert (reversed_.status_code, reversed_.json()["decision"]["outcome"]) == (200, "REJECTED")
    await bench.settle()
    old, new = await letters(bench, case)
    assert old == first
    assert "Das Loch ist zu." in new
    assert "§ 35a" not in new
    checked = []
    for letter in (old, new):
        code = letter.partition("mit dem Prüfcode ")[2][:19]
        checked.append((await bench.visitor().post("/pages/verify", data={"code": code})).text)
    assert "Dieses Schreiben gilt nicht mehr" in checked[0]
    assert "Dieses Schreiben stammt von uns" in checked[1]
    assert len(bench.announced(ApplicationDecided)) == 2
    assert await figures(bench) == [{"form": "meldung", "decided": 1, "sampled": 0, "reversed": 1}]
    assert ("reversed", "person", "kurt", "REJECTED") in await trail(bench)
    own = (
        await bench.client(subject="anna").get(f"/pages/account/applications/{case.rpartition('/')[2]}")
    ).text
    assert "Zurückgenommen: " in own
    again = await kurt(bench).post(f"{case}/reversal", json={"outcome": "APPROVED"})
    assert again.status_code == 409


async def test_the_desks_page_reverses(over: Callable[..., Awaitable[Bench]]) -> None:
    bench = await over()
    place = f"/pages/desk/applications/{(await handed_in(bench)).rpartition('/')[2]}"
    client = kurt(bench)
    assert "Ersetzen: ablehnen" in (await client.get(place)).text
    empty = await client.post(f"{place}/reversal", data={**CSRF, "outcome": "REJECTED", "reason": " "})
    assert empty.status_code == 422
    assert 'id="reversal-error"' in empty.text
    assert 'value="REJECTED"' in empty.text
    assert "Die Begründung fehlt." in empty.text
    long = await client.post(f"{place}/reversal", data={**CSRF, "outcome": "REJECTED", "reason": 4001 * "x"})
    assert long.status_code == 422
    assert 4001 * "x" in long.text
    done = await client.post(f"{place}/reversal", data={**CSRF, "outcome": "REJECTED", "reason": "Nein."})
    assert done.status_code == 303
    assert "Ersetzen:" not in (await client.get(place)).text
    shown = (await client.get("/pages/desk/figures")).text.partition("Was Regeln entscheiden dürfen")[2]
    assert re.findall(r'cell">(\d+)<', shown) == ["1", "1", "0"]


async def test_what_a_person_decided_is_not_reversed_here(over: Callable[..., Awaitable[Bench]]) -> None:
    bench = await over(enabled="false")
    case = await handed_in(bench)
    await kurt(bench).post(f"{case}/decision", json={"outcome": "APPROVED"})
    body = {"outcome": "REJECTED", "reason": "Nein."}
    assert (await kurt(bench).post(f"{case}/reversal", json=body)).status_code == 409
    anna = bench.client(subject="anna")
    assert (await anna.post(f"{case}/reversal", json=body)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"four_eyes": True}, "so no rule can"),
        ({"register": "stars"}, "there is no register stars"),
        ({"by": ["/nothing"]}, "/nothing is asked in no step"),
        ({"when": "what == 1"}, "what == 1"),
        ({"when": "'a'"}, "'a'"),
    ],
)
def test_what_is_wrong_with_rules_is_told(changes: dict[str, Any], said: str) -> None:
    rule = {"id": "a", "when": changes.get("when", "what == 'x'"), "outcome": "approved"}
    match = {"register": changes.get("register", "residents"), "by": changes.get("by", ["/what"])}
    form = {
        "data": {"type": "object", "properties": {"what": {"type": "string"}}},
        "steps": [{"id": "a", "fields": [{"path": "/what", "widget": "text"}]}],
        "processing": {
            "four_eyes": changes.get("four_eyes", False),
            "automation": {"rules": [{**rule, "matches": [match]}]},
        },
    }
    [(place, why)] = faults(form)
    assert said in why
    assert place[0] == "processing"


PLATES = {"heidelberg": "HD-AB 123", "heilbronn": "HN-AB 123", "mannheim": "MA-AB 123"}
CODES = {"heidelberg": "69117", "heilbronn": "74072", "mannheim": "68159"}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Chance says this, to whatever is built afterwards."""

    def draw(number: float) -> None:
        monkeypatch.setattr("mash_forms.app.SystemRandom", lambda: SimpleNamespace(random=lambda: number))

    return draw


async def permit(bench: Bench, city: str, **changes: Any) -> str:
    """Anna applies for a permit with what the login tells, and pays."""
    home = {"street_address": "Musterstraße 5", "postal_code": CODES[city], "locality": city.title()}
    told = {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org", "address": home}
    anna = bench.client(city, subject="anna", **told)
    page = (await anna.get("/pages/apply/bewohnerparkausweis")).text
    assert 'value="Anna"' in page
    data = {
        "given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org",
        "street": "Musterstraße", "house_number": "5", "postal_code": CODES[city],
        "plate": PLATES[city], "keeper": True, "valid_from": "2026-04-01", **changes,
    }  # fmt: skip
    made = (await anna.post(API, json={"form": "bewohnerparkausweis", "data": data})).json()
    settled = PaymentSettled(
        payment_id=new_id(),
        application_id=made["id"],
        paid=Money(cents=made["fee"]["cents"], currency="EUR"),
        receipt_number="KZ-1",
        settled_at={"seconds": 1772442000},
    )
    await bench.deliver(settled, city)
    await bench.settle()
    return f"{API}/{made['id']}"


@pytest.mark.parametrize("city", PLATES)
async def test_in_our_cities_a_permit_whose_address_and_keeper_match_is_decided_at_once(
    bench_of: Callable[..., Awaitable[Bench]], drawn: Callable[[float], None], city: str
) -> None:
    drawn(0.5)
    bench = await bench_of("mash_forms")
    case = await permit(bench, city)
    kurt = bench.client(city, roles=["clerk"], subject="kurt")
    assert (await kurt.get(case)).json()["decision"]["outcome"] == "APPROVED"
    told = (await kurt.get(f"{case}/automatic")).json()
    assert told["rule"] == "address-and-holder"
    assert "StVO" in told["legal_basis"]["title"]
    assert told["permitted_by"]["demo"]
    registers = {one["label"]: one for one in told["inputs"] if "register" in one["label"].lower()}
    assert len(registers) == 2
    assert all(one["demo"] and one["value"] == "stimmt überein" for one in registers.values())
    page = (await kurt.get(f"/pages/desk/applications/{case.rpartition('/')[2]}")).text
    for said in ("Automatisch entschieden", "address-and-holder", "§ 35a VwVfG", "Demodaten"):
        assert said in page
    assert re.search(r"Entschieden</strong>, [^<]*, automatisch", page), "the history does not name a person"
    for changes in ({"plate": f"{PLATES[city][:-3]}999"}, {"house_number": "6"}):
        other = await permit(bench, city, **changes)
        assert (await kurt.get(other)).json()["state"] == "RECEIVED", changes
    reversal = {"outcome": "REJECTED", "reason": "Das Auto ist verkauft."}
    assert (await kurt.post(f"{case}/reversal", json=reversal)).status_code == 200
    [counted] = (await kurt.get("/api/forms/v1/automation")).json()["items"]
    assert counted == {"form": "bewohnerparkausweis", "decided": 1, "sampled": 0, "reversed": 1}


async def test_in_our_cities_one_in_ten_goes_to_a_person(
    bench_of: Callable[..., Awaitable[Bench]], drawn: Callable[[float], None]
) -> None:
    drawn(0.0999)
    bench = await bench_of("mash_forms")
    case = await permit(bench, "mannheim")
    kurt = bench.client("mannheim", roles=["clerk"], subject="kurt")
    assert (await kurt.get(case)).json()["state"] == "RECEIVED"
    [counted] = (await kurt.get("/api/forms/v1/automation")).json()["items"]
    assert counted == {"form": "bewohnerparkausweis", "decided": 0, "sampled": 1, "reversed": 0}
