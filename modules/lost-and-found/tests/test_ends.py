# SPDX-License-Identifier: EUPL-1.2
"""A report has an end: collected, withdrawn or past its time. What has ended is matched with nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash.lost_and_found.v1.events_pb2 import ItemReported, MatchFound
from mash_lost_and_found import store
from mash_lost_and_found.model import Category, Kind, Report
from mash_lost_and_found.service import Retention
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/lost-and-found/v1"
PAGES = "/lost-and-found/reports"
OPEN, CLOSED = timedelta(days=184), timedelta(days=30)


async def filed(bench: Bench, who: httpx.AsyncClient, kind: str) -> str:
    day = bench.clock.now().date().isoformat()
    told = {"description": "Blauer Rucksack", "place": "Hauptbahnhof", "contact": "anna@example.org"}
    answer = await who.post(f"{API}/reports", json={"kind": kind, "category": "bag", "day": day, **told})
    assert answer.status_code == 201, answer.text
    await bench.settle()
    return str(answer.json()["id"])


async def shown(who: httpx.AsyncClient, report: str) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = (await who.get(f"{API}/reports/{report}")).raise_for_status().json()
    return answer


async def agreed(who: httpx.AsyncClient, report: str) -> datetime:
    """Agree to collect the first thing it matches."""
    (at, *_), (match, *_) = (
        (await who.get(f"{API}/appointments")).json(),
        (await shown(who, report))["matches"],
    )
    answer = await who.post(f"{API}/matches/{match['id']}/collection", json={"at": at})
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(at)


async def retire(bench: Bench) -> None:
    (run,) = bench.program.runs
    retention: Retention = run.__self__  # type: ignore[attr-defined]
    with bench.program.telemetry.active():
        await retention.once()


def person(bench: Bench, subject: str = "") -> httpx.AsyncClient:
    return bench.client(subject=subject or new_id())


@pytest.fixture
def loser(bench: Bench) -> httpx.AsyncClient:
    return person(bench)


@pytest.fixture
def finder(bench: Bench) -> httpx.AsyncClient:
    return person(bench)


async def test_what_is_given_away_is_offered_to_nobody_else(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    other = person(bench)
    found = await filed(bench, finder, "found")
    mine, theirs = await filed(bench, loser, "lost"), await filed(bench, other, "lost")
    assert 'name="match"' in (await other.get(f"{PAGES}/{theirs}")).text
    await agreed(loser, mine)
    assert [one["collect_at"] is None for one in (await shown(finder, found))["matches"]] == [False]
    assert (await shown(other, theirs))["matches"] == []
    assert 'name="match"' not in (await other.get(f"{PAGES}/{theirs}")).text
    late = await filed(bench, other, "lost")
    assert (await shown(other, late))["matches"] == []
    assert {one.lost_id for one in bench.announced(MatchFound)} == {mine, theirs}
    again = await filed(bench, person(bench), "found")
    assert len((await shown(other, late))["matches"]) == 1, "what is found later is"
    assert len((await shown(loser, mine))["matches"]) == 1, f"{again} is not for who has it back"


async def test_every_open_report_is_compared(bench: Bench, loser: httpx.AsyncClient) -> None:
    """Also those before and behind more than a page of others."""
    now = bench.clock.now()
    oldest = Report(
        new_id(),
        Kind.FOUND,
        Category.BAG,
        "blauer Rucksack",
        "Zoo",
        now.date(),
        new_id(),
        "a",
        now,
        now + OPEN,
    )
    async with bench.unit() as unit:
        await store.SqlReports().add(unit, oldest)
        for _ in range(store.PAGE + 1):
            await store.SqlReports().add(unit, replace(oldest, id=new_id(), description="Geige"))
        await store.SqlReports().add(unit, replace(oldest, id=new_id()))
    lost = await filed(bench, loser, "lost")
    assert len((await shown(loser, lost))["matches"]) == 2


async def test_a_report_is_kept_as_long_as_it_says(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    subject = new_id()
    lost = await filed(bench, person(bench, subject), "lost")
    until = datetime.fromisoformat((await shown(person(bench, subject), lost))["delete_after"])
    assert until == bench.clock.now() + OPEN
    bench.clock.forward(days=OPEN.days - 1)
    await retire(bench)
    await filed(bench, person(bench), "found")
    assert len((await shown(person(bench, subject), lost))["matches"]) == 1
    bench.clock.forward(days=1)
    found = await filed(bench, person(bench, subject), "found")
    assert (await shown(person(bench, subject), found))["matches"] == [], "its time was over"
    await retire(bench)
    assert (await person(bench, subject).get(f"{API}/reports/{lost}")).status_code == 404
    assert await kept(bench) == (2, 0)


async def test_what_was_collected_goes_earlier(bench: Bench, finder: httpx.AsyncClient) -> None:
    subject = new_id()
    await filed(bench, finder, "found")
    at = await agreed(person(bench, subject), await filed(bench, person(bench, subject), "lost"))
    bench.clock.forward(seconds=(at + CLOSED - bench.clock.now()).total_seconds() - 1)
    await retire(bench)
    assert await kept(bench) == (2, 1)
    bench.clock.forward(seconds=1)
    await retire(bench)
    assert await kept(bench) == (0, 0)


async def test_the_retention_run_is_of_every_city(bench: Bench, loser: httpx.AsyncClient) -> None:
    await filed(bench, loser, "lost")
    await filed(bench, bench.client("mannheim"), "lost")
    bench.clock.forward(days=OPEN.days)
    await retire(bench)
    assert await kept(bench) == (0, 0)


async def test_who_reported_it_deletes_it_with_what_it_matched(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    lost, found = await filed(bench, loser, "lost"), await filed(bench, finder, "found")
    assert (await loser.delete(f"{API}/reports/{found}")).status_code == 404
    assert (await loser.delete(f"{API}/reports/x")).status_code == 422
    assert (await finder.delete(f"{API}/reports/{found}")).status_code == 204
    assert (await finder.delete(f"{API}/reports/{found}")).status_code == 404
    assert (await shown(loser, lost))["matches"] == []
    gone = await loser.post(f"{PAGES}/{lost}/withdrawal", data={"csrf": CSRF})
    assert (gone.status_code, gone.headers["location"]) == (303, f"/heidelberg{PAGES}")
    assert await kept(bench) == (0, 0)


async def test_a_report_withdrawn_before_it_was_compared_holds_nothing_up(
    bench: Bench, loser: httpx.AsyncClient
) -> None:
    await bench.deliver(ItemReported(report_id=new_id(), kind="lost", category="bag"))
    assert bench.dead == []
    assert bench.steps is not None
    assert not bench.steps.delivery.held


async def test_nobody_who_is_to_come_is_stood_up(bench: Bench) -> None:
    anna, kurt = new_id(), new_id()
    found = await filed(bench, person(bench, kurt), "found")
    lost = await filed(bench, person(bench, anna), "lost")
    at = await agreed(person(bench, anna), lost)
    for who, report in ((anna, lost), (kurt, found)):
        refused = await person(bench, who).delete(f"{API}/reports/{report}")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "agreed-already")
        page = await person(bench, who).post(f"{PAGES}/{report}/withdrawal", data={"csrf": CSRF})
        assert page.status_code == 409
        assert "/withdrawal" not in page.text, "no form that is always refused"
    bench.clock.forward(seconds=(at - bench.clock.now()).total_seconds())
    assert "/withdrawal" in (await person(bench, kurt).get(f"{PAGES}/{found}")).text
    assert (await person(bench, kurt).delete(f"{API}/reports/{found}")).status_code == 204
    assert (await shown(person(bench, anna), lost))["closed_at"]


async def kept(bench: Bench) -> tuple[int, int]:
    """Reports and matches of all cities."""
    async with bench.program.database.worker_unit() as unit:
        reports = await unit.connection.scalar(text("select count(*) from reports"))
        matches = await unit.connection.scalar(text("select count(*) from matches"))
    return reports or 0, matches or 0
