# SPDX-License-Identifier: EUPL-1.2
"""The route table believes what is signed and approved, and nothing else."""

import asyncio
import json
import os
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from mash.platform.v1.modules_pb2 import Announcement
from mash_portal_gw.gateways.approvals_file import read
from mash_portal_gw.service.approvals import ApprovalsError
from mash_sdk import announcing
from mash_sdk.manifest import Manifest

Front = Any
ROUTE = {"path": "/api/forms/v1", "kind": "api"}
ORIGIN = "http://127.0.0.1:9"


def manifest(*routes: dict[str, Any], name: str = "forms", version: str = "1.0.0") -> Manifest:
    fields = {"name": name, "title": "F", "version": version, "sdk": ">=0.1", "routes": routes or [ROUTE]}
    return Manifest.model_validate(fields)


def instances(front: Front, path: str = "/api/forms/v1/x") -> list[str]:
    target = front.routes.find(path)
    return [] if target is None else sorted(i.id for i in front.routes.candidates(target, 0))


def test_a_signed_announcement_of_an_approved_module_makes_a_route(front: Front) -> None:
    assert front.routes.find("/api/forms/v1") is None
    assert front.routes.learn(*front.record(manifest(), ORIGIN, "a")) == "new"
    assert instances(front) == ["a"]
    assert front.routes.find("/api/forms/v1x") is None
    assert front.routes.find("/api/forms") is None


def rejected(front: Front, key: bytes, value: bytes) -> str:
    assert front.routes.learn(key, value) == "rejected"
    assert front.routes.find("/api/forms/v1") is None
    return str(front.routes.rejections()[0].reason)


def test_another_key_is_not_believed(front: Front) -> None:
    record = front.record(manifest(), ORIGIN, "a", key=ECKey.generate_key("P-256"))
    assert "signature" in rejected(front, *record)


def test_the_key_of_another_module_is_not_believed(front: Front) -> None:
    record = front.record(manifest(), ORIGIN, "a", key=front.keys["sensors"])
    assert "signature" in rejected(front, *record)


def test_a_record_under_another_name_is_not_believed(front: Front) -> None:
    _, value = front.record(manifest(), ORIGIN, "a")
    assert "key" in rejected(front, b"sensors/a", value)
    assert "key" in rejected(front, b"forms/b", value)


def test_a_module_that_is_not_approved_stays_out(front: Front) -> None:
    key = ECKey.generate_key("P-256")
    record = front.record(manifest({"path": "/bikes", "kind": "page"}, name="bikes"), ORIGIN, "a", key=key)
    assert "no module of this name" in rejected(front, *record)


@pytest.mark.parametrize("path", ["/account2", "/api/formsx", "/api", "/login", "/ops/x", "/assets", "/life"])
def test_a_route_beyond_the_approval_stays_out(front: Front, path: str) -> None:
    assert path in rejected(front, *front.record(manifest(ROUTE, {"path": path, "kind": "api"}), ORIGIN, "a"))


@pytest.mark.parametrize("origin", ["ftp://a:1", "http://a:1/path", "http://user@a:1", "a:1", "http://"])
def test_an_origin_is_scheme_host_and_port(front: Front, origin: str) -> None:
    assert "origin" in rejected(front, *front.record(manifest(), origin, "a"))


def test_the_future_and_the_for_ever_are_not_believed(front: Front) -> None:
    at = front.bench.clock.now() + timedelta(minutes=2)
    assert "future" in rejected(front, *front.record(manifest(), ORIGIN, "a", at=at))


@pytest.mark.parametrize("seconds", [10**15, -(10**15)])
def test_a_time_that_no_calendar_has_is_refused(front: Front, seconds: int) -> None:
    said = Announcement(
        name="forms", version="1.0.0", instance="a", origin=ORIGIN, manifest=manifest().model_dump_json()
    )
    said.announced_at.seconds = said.valid_until.seconds = seconds
    signed = announcing.sign(said, front.keys["forms"])
    assert "calendar" in rejected(front, announcing.record_key("forms", "a"), signed)


def test_a_version_without_end_is_refused(front: Front) -> None:
    long = manifest().model_copy(update={"version": "1.0." + "9" * 5000})
    assert "version" in rejected(front, *front.record(long, ORIGIN, "a"))


@pytest.mark.parametrize("days", [365, -365])
def test_a_clock_a_year_off_changes_nothing(front: Front, days: int) -> None:
    """Neither is it believed, nor do the others count as silent beside it."""
    front.routes.learn(*front.record(manifest(), ORIGIN, "a"))
    at = front.bench.clock.now() + timedelta(days=days)
    key, value = front.record(manifest(), "http://127.0.0.1:2", "b", at=at)
    front.routes.learn(key, value)
    assert instances(front) == ["a"]


def test_an_announcement_of_ten_megabytes_is_refused_unread(front: Front) -> None:
    cards = [{"title": "x" * 1000, "text": "y" * 1000, "path": "/services"}] * 5000
    large = Manifest.model_validate({**manifest().model_dump(), "cards": cards})
    key, value = front.record(large, ORIGIN, "a")
    assert len(value) > 10_000_000
    tracemalloc.start()
    reason = rejected(front, key, value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "more than 262144" in reason
    assert peak < 100_000
    assert front.routes.find("/api/forms/v1") is None


def test_a_key_of_ten_megabytes_leaves_nothing_behind(front: Front) -> None:
    front.routes.learn(b"x" * 10_000_000, b"rubbish")
    assert all(len(one.name) + len(one.reason) < 500 for one in front.routes.rejections())


def test_rubbish_is_counted_and_harmless(front: Front) -> None:
    for n in range(500):
        assert front.routes.learn(b"forms/a", b"rubbish %d" % n) == "rejected"
        assert front.routes.learn(b"%d" % n, b"x") == "rejected"
    assert len(front.routes.rejections()) <= 200
    assert front.routes.rejected == 1000


def test_a_tombstone_takes_an_instance_away_and_the_route_stays_known(front: Front) -> None:
    front.routes.learn(*front.record(manifest(), ORIGIN, "a"))
    assert front.routes.learn(b"forms/a", None) == "gone"
    assert front.routes.find("/api/forms/v1") is not None
    assert instances(front) == []


def test_an_old_announcement_told_again_changes_nothing(front: Front) -> None:
    old = front.record(manifest(), ORIGIN, "a")
    front.bench.clock.forward(minutes=1)
    front.routes.learn(*front.record(manifest(), "http://127.0.0.1:10", "a"))
    assert front.routes.learn(*old) == "same"
    (module, live), *_ = front.routes.modules()
    assert [i.origin.port for i in live] == [10]
    assert module.manifest.name == "forms"


def test_a_new_version_beside_an_old_one_gets_only_its_own_routes(front: Front) -> None:
    new = {"path": "/api/forms/v2", "kind": "api"}
    front.routes.learn(*front.record(manifest(ROUTE), ORIGIN, "old"))
    front.routes.learn(*front.record(manifest(ROUTE, new, version="1.10.0"), ORIGIN, "new"))
    assert instances(front) == ["new", "old"]
    assert instances(front, "/api/forms/v2/x") == ["new"]


def test_a_withdrawn_approval_takes_the_routes_away(front: Front, approvals: Path) -> None:
    front.routes.learn(*front.record(manifest(), ORIGIN, "a"))
    entries = json.loads(approvals.read_text())
    del entries["forms"]
    approvals.write_text(json.dumps(entries))
    front.routes.approve(read(approvals))
    assert front.routes.find("/api/forms/v1") is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"forms": {}}', '{"forms": {"jwk": {"kty": "x"}, "routes": []}}']
)
def test_a_broken_approvals_file_says_what_is_wrong(tmp_path: Path, text: str) -> None:
    file = tmp_path / "approvals.json"
    file.write_text(text)
    with pytest.raises(ApprovalsError, match=r"approvals\.json"):
        read(file)
    with pytest.raises(ApprovalsError):
        read(tmp_path / "missing.json")


async def test_a_module_that_is_gone_leaves_a_notice(front: Front) -> None:
    page = {"path": "/services", "kind": "page"}
    front.announce("forms", [ROUTE, page], "http://127.0.0.1:1")
    async with front.browser() as browser, front.api() as client:
        refused = await browser.get("/heidelberg/services")
        (_, live), *_ = front.routes.modules()
        front.routes.learn(f"forms/{live[0].id}".encode(), None)
        gone = await browser.get("/heidelberg/services")
        api = await client.get("/heidelberg/api/forms/v1/x")
    for answer in (refused, gone):
        assert answer.status_code == 503
        assert "„Forms“ ist vorübergehend nicht erreichbar" in answer.text
        assert int(answer.headers["retry-after"]) > 0
    assert (api.status_code, api.json()["type"].rpartition("/")[2]) == (503, "module-gone")


async def test_the_topic_is_read_from_its_beginning_and_approvals_anew(
    front: Front, approvals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole Program over the broker: what was announced before it started is there."""
    from mash_sdk.announcing import TOPIC
    from mash_sdk.kafka.broker import Outgoing, Topic
    from mash_sdk.running import Running

    broker = front.bench.broker
    await broker.ensure([Topic(TOPIC, partitions=1)])
    await broker.send([Outgoing(TOPIC, *front.record(manifest(), ORIGIN, "a"))])
    monkeypatch.setattr("mash_portal_gw.gateways.modules.LOOK_SECONDS", 0.02)
    stop = asyncio.Event()
    running = Running(front.bench.program, broker, stop)
    tasks = [asyncio.create_task(run(running)) for run in front.bench.program.runs[:3]]
    try:
        await soon(lambda: bool(instances(front)))
        await broker.send([Outgoing(TOPIC, b"forms/a", None)])
        await soon(lambda: not instances(front))
        _withdraw(approvals)
        await soon(lambda: front.routes.find("/api/forms/v1") is None)
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def soon(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 — background work tells nobody
            await asyncio.sleep(0.01)


def _withdraw(approvals: Path) -> None:
    approvals.write_text("{}")
    os.utime(approvals, (0, 0))
