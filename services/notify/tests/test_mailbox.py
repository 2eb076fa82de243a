# SPDX-License-Identifier: EUPL-1.2
"""The mailbox in the portal: everyone's own, read, deleted and brought back."""

from typing import Any

import httpx
import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/notify/v1/mailbox"
PAGE = "/pages/account/mailbox"
ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"


@pytest.fixture
async def anna(bench: Bench, happened: Any) -> httpx.AsyncClient:
    """She handed in two applications; a decision was made on the first."""
    for application in ("a1", "a2"):
        await bench.deliver(happened("submitted", application))
        await bench.deliver(happened("received", application))
    await bench.deliver(happened("issued", "a1"))
    return bench.client(subject=ANNA)


async def listed(client: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"{API}{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_notices_lie_in_the_mailbox_newest_first(anna: httpx.AsyncClient) -> None:
    found = await listed(anna)
    assert found["unread"] == 3
    assert [(one["kind"], one["about"]) for one in found["items"]] == [
        ("decision", "a1"),
        ("received", "a2"),
        ("received", "a1"),
    ]
    newest = found["items"][0]
    assert newest["title"] == "Es gibt eine Entscheidung zu Ihrem Antrag HD-7K2M-9QXC"
    assert "genehmigt" not in newest["text"].lower()
    assert newest["path"] == "/account/applications/a1"


async def test_it_pages(anna: httpx.AsyncClient) -> None:
    first = await listed(anna, "?limit=2")
    second = await listed(anna, f"?limit=2&after={first['next']}")
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]


async def test_what_was_opened_is_read(bench: Bench, anna: httpx.AsyncClient) -> None:
    entry = (await listed(anna))["items"][0]
    assert (await anna.get(f"{API}/{entry['id']}")).json()["read_at"] is None
    assert (await listed(anna))["unread"] == 3, "a program that looks reads nothing"
    page = await anna.get(f"{PAGE}/{entry['id']}")
    assert entry["title"] in page.text
    assert (await listed(anna))["unread"] == 2
    assert (await anna.put(f"{API}/{entry['id']}/reading", json={"read": False})).status_code == 204
    assert (await listed(anna))["unread"] == 3
    assert (await anna.put(f"{API}/{entry['id']}/reading", json={"read": True})).status_code == 204
    assert (await listed(anna))["unread"] == 2


async def test_what_was_deleted_can_be_brought_back_for_a_week(bench: Bench, anna: httpx.AsyncClient) -> None:
    entry = (await listed(anna))["items"][0]["id"]
    for _ in range(2):
        assert (await anna.delete(f"{API}/{entry}")).status_code == 204
    assert [one["id"] for one in (await listed(anna))["items"]].count(entry) == 0
    assert (await anna.get(f"{API}/{entry}")).status_code == 404
    assert (await listed(anna))["unread"] == 2
    for _ in range(2):
        assert (await anna.post(f"{API}/{entry}/restore")).status_code == 204
    assert (await listed(anna))["items"][0]["id"] == entry
    await anna.delete(f"{API}/{entry}")
    bench.clock.forward(days=7, seconds=1)
    anna = bench.client(subject=ANNA)
    late = await anna.post(f"{API}/{entry}/restore")
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "too-late")
    await bench.program.runs[1].__self__.retire()
    assert (await anna.post(f"{API}/{entry}/restore")).status_code == 404
    assert len((await listed(anna))["items"]) == 2


async def test_nobody_sees_or_changes_anothers(bench: Bench, anna: httpx.AsyncClient) -> None:
    entry = (await listed(anna))["items"][0]["id"]
    before = await bench.effects()
    for stranger in (bench.client(subject="berta"), bench.client("mannheim", subject=ANNA)):
        assert (await listed(stranger))["items"] == []
        for method, path, more in (
            ("GET", f"{API}/{entry}", {}),
            ("PUT", f"{API}/{entry}/reading", {"json": {"read": True}}),
            ("DELETE", f"{API}/{entry}", {}),
            ("POST", f"{API}/{entry}/restore", {}),
            ("GET", f"{PAGE}/{entry}", {}),
            ("POST", f"{PAGE}/{entry}/delete", {"data": {"csrf": CSRF}}),
            ("POST", f"{PAGE}/{entry}/unread", {"data": {"csrf": CSRF}}),
        ):
            answer = await stranger.request(method, path, **more)
            assert answer.status_code == 404, (method, path)
    assert await bench.effects() == before


async def test_what_is_no_entry_is_explained(anna: httpx.AsyncClient) -> None:
    assert (await anna.get(f"{API}/{new_id()}")).status_code == 404
    assert (await anna.get(f"{API}/x")).status_code == 422
    assert (await anna.get(f"{PAGE}?deleted=<script>")).status_code == 422


async def test_the_pages_delete_and_bring_back(anna: httpx.AsyncClient) -> None:
    page = await anna.get(PAGE)
    assert page.text.count("Ungelesen<") == 3
    assert "3 Nachrichten sind ungelesen" in page.text
    entry = (await listed(anna))["items"][0]["id"]
    done = await anna.post(f"{PAGE}/{entry}/delete", data={"csrf": CSRF})
    assert done.headers["location"] == f"/heidelberg/account/mailbox?deleted={entry}"
    after = await anna.get(f"{PAGE}?deleted={entry}")
    assert "Löschen rückgängig machen" in after.text
    assert after.text.count("Ungelesen<") == 2
    assert (await anna.post(f"{PAGE}/{entry}/delete")).status_code == 415
    back = await anna.post(f"{PAGE}/{entry}/restore", data={"csrf": CSRF})
    assert back.headers["location"] == "/heidelberg/account/mailbox"
    assert (await anna.get(PAGE)).text.count("Ungelesen<") == 3


async def test_an_empty_mailbox_says_so(bench: Bench) -> None:
    assert "Sie haben keine Nachrichten" in (await bench.client(subject="new").get(PAGE)).text


async def test_entries_have_an_end(bench: Bench, anna: httpx.AsyncClient) -> None:
    bench.clock.forward(days=731)
    await bench.program.runs[1].__self__.retire()
    assert (await listed(bench.client(subject=ANNA)))["items"] == []
