# SPDX-License-Identifier: EUPL-1.2
"""Legal holds: set and lifted by a supervisor with a reason, and stronger than the end of retention."""

import httpx
import pytest
from sqlalchemy import text

from mash_forms.service import Retention
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"


@pytest.fixture
def lena(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk", "supervisor"], subject="lena")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.fixture
async def case(bench: Bench, kurt: httpx.AsyncClient) -> str:
    """A decided case, which is kept for a year."""
    body = {"form": "meldung", "data": {"what": "Loch"}}
    case = str((await bench.client(subject="anna").post(f"{API}/applications", json=body)).json()["id"])
    decision = {"outcome": "APPROVED"}
    assert (await kurt.post(f"{API}/applications/{case}/decision", json=decision)).status_code == 200
    await bench.settle()
    return case


async def deleted(bench: Bench) -> dict[str, int]:
    retention = bench.program.provides[Retention]
    assert isinstance(retention, Retention)
    with bench.program.telemetry.active():
        return await retention.once()


async def noted(bench: Bench) -> list[tuple[str, str]]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(
            text("select action, actor from audit where action in ('held', 'released') order by at, id")
        )
        return [(row.action, row.actor) for row in rows]


async def test_a_supervisor_sets_and_lifts_it_on_the_page(
    bench: Bench, lena: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    path = f"/pages/desk/applications/{case}"
    page = (await lena.get(path)).text
    assert "steht hier innerhalb einer Stunde" in page
    assert "Löschsperre setzen" in page
    sent = {"csrf": CSRF, "held": "true", "reason": "Klage vor dem Verwaltungsgericht"}
    assert (await lena.post(f"{path}/hold", data=sent)).status_code == 303
    for reader in (lena, kurt):
        shown = (await reader.get(path)).text
        assert "Klage vor dem Verwaltungsgericht" in shown
        assert ("Löschsperre aufheben" in shown) is (reader is lena)
    assert (await lena.post(f"{path}/hold", data=sent)).status_code == 303, "twice is once"
    bench.clock.forward(days=3 * 366)
    assert await deleted(bench) == {}
    lena = bench.client(roles=["clerk", "supervisor"], subject="lena")
    assert "erst, wenn die Löschsperre aufgehoben ist" in (await lena.get(path)).text
    lifted = {"csrf": CSRF, "held": "false", "reason": "Urteil ist rechtskräftig"}
    assert (await lena.post(f"{path}/hold", data=lifted)).status_code == 303
    shown = (await lena.get(path)).text
    assert "Klage" not in shown
    assert "wird der Vorgang mit allem, was dazugehört, gelöscht" in shown
    assert await noted(bench) == [("held", "lena"), ("released", "lena")]
    assert await deleted(bench) == {"document": 1, "application": 1}


async def test_nobody_else_sets_it_and_never_without_a_reason(
    bench: Bench, lena: httpx.AsyncClient, kurt: httpx.AsyncClient, case: str
) -> None:
    path, api = f"/pages/desk/applications/{case}/hold", f"{API}/applications/{case}/hold"
    sent = {"csrf": CSRF, "held": "true", "reason": "Klage"}
    body = {"held": True, "reason": "Klage"}
    anna = bench.client(subject="anna")
    for client in (kurt, anna):
        assert (await client.post(path, data=sent)).status_code == 403
        assert (await client.put(api, json=body)).status_code == 403
    assert (await kurt.put(f"{API}/forms/meldung/hold", json={"held": True})).status_code == 403
    for reason in ("", "  "):
        refused = await lena.post(path, data={**sent, "reason": reason})
        assert refused.status_code == 422
        assert "Die Begründung fehlt." in refused.text
        assert (await lena.put(api, json={**body, "reason": reason})).status_code == 422
    assert (await lena.put(api, json={**body, "reason": "\0"})).status_code == 422
    elsewhere = bench.client("mannheim", roles=["clerk", "supervisor"], subject="lena")
    other = bench.client(roles=["clerk", "supervisor", "office:bauhof"], subject="bert")
    for client in (elsewhere, other):
        assert (await client.put(api, json=body)).status_code == 404
    assert (await lena.put(f"{API}/applications/{new_id()}/hold", json=body)).status_code == 404
    assert await noted(bench) == []


async def test_a_hold_of_a_form_keeps_those_to_come_as_well(
    bench: Bench, lena: httpx.AsyncClient, case: str
) -> None:
    place = f"{API}/forms/meldung/hold"
    for _ in range(2):
        assert (await lena.put(place, json={"held": True})).status_code == 204
    assert (
        "Für alle Anträge dieser Leistung gilt eine Löschsperre"
        in (await lena.get(f"/pages/desk/applications/{case}")).text
    )
    bench.clock.forward(days=3 * 366)
    assert await deleted(bench) == {}
    lena = bench.client(roles=["clerk", "supervisor"], subject="lena")
    assert (await lena.get(f"{API}/applications/{case}")).json()["data"] == {"what": "Loch"}
    assert (await lena.put(place, json={"held": False})).status_code == 204
    assert await deleted(bench) == {"document": 1, "application": 1}
    assert await noted(bench) == [("held", "lena"), ("released", "lena")]
    assert (await lena.put(f"{API}/forms/none/hold", json={"held": True})).status_code == 404
