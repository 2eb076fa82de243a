# SPDX-License-Identifier: EUPL-1.2
"""Who counts as there: nobody's clock decides about others, and the dead decide about nothing."""

from datetime import timedelta
from typing import Any

import pytest

from mash_sdk.announcing import EVERY
from mash_sdk.manifest import Manifest

Front = Any
API = {"path": "/api/forms/v1", "kind": "api"}
PAGE = {"path": "/services", "kind": "page", "upstream": "/pages"}
URL, PAGE_URL = "/heidelberg/api/forms/v1/x", "/heidelberg/services/x"
ORIGIN = "http://127.0.0.1:9"
TURNS = 8


def manifest(*routes: dict[str, Any], name: str = "forms", version: str = "1.0.0") -> Manifest:
    fields = {"name": name, "title": "Forms", "version": version, "sdk": ">=0.1", "routes": routes or [API]}
    return Manifest.model_validate(fields)


SENSORS = manifest({"path": "/api/sensors", "kind": "api"}, name="sensors")


def live(front: Front, path: str = "/api/forms/v1/x") -> list[str]:
    target = front.routes.find(path)
    return [] if target is None else sorted(i.id for i in front.routes.candidates(target, 0))


def say(front: Front, what: Manifest, origin: str, instance: str, ahead: float = 0) -> str:
    at = front.bench.clock.now() + timedelta(seconds=ahead)
    return str(front.routes.learn(*front.record(what, origin, instance, at=at)))


def go_on(front: Front, *speakers: tuple[Manifest, str, str], times: int = 4) -> None:
    """Time passes in which only these announce themselves, as often as programs do."""
    for _ in range(times):
        front.bench.clock.forward(seconds=EVERY.total_seconds())
        for speaker in speakers:
            say(front, *speaker)


@pytest.mark.parametrize("ahead", [40, 59, -40, -200])
async def test_one_clock_that_is_wrong_takes_nobody_offline(
    front: Front, module_of: Any, ahead: float
) -> None:
    module, other = await module_of(), await module_of()
    say(front, manifest(), module.origin, "a")
    assert say(front, SENSORS, other.origin, "s", ahead) == "new"
    async with front.api() as client:
        for _ in range(12):
            assert (await client.get(URL)).status_code == 200
            assert (await client.get("/heidelberg/api/sensors/x")).status_code == 200
            front.bench.clock.forward(seconds=EVERY.total_seconds())
            say(front, SENSORS, other.origin, "s", ahead)
            say(front, manifest(), module.origin, "a")


def test_who_falls_silent_while_others_speak_is_gone(front: Front) -> None:
    say(front, manifest(), ORIGIN, "a")
    say(front, manifest(), ORIGIN, "b")
    go_on(front, (manifest(), ORIGIN, "b"), times=3)
    assert live(front) == ["a", "b"], "30 s is what it said"
    go_on(front, (manifest(), ORIGIN, "b"), times=1)
    assert live(front) == ["b"]


def test_a_silent_topic_ends_nobody_nor_does_the_first_who_speaks_again(front: Front) -> None:
    say(front, manifest(), ORIGIN, "a")
    say(front, manifest(), ORIGIN, "b")
    front.bench.clock.forward(minutes=30)
    assert live(front) == ["a", "b"]
    say(front, manifest(), ORIGIN, "b")
    assert live(front) == ["a", "b"]
    go_on(front, (manifest(), ORIGIN, "b"))
    assert live(front) == ["b"]


def test_a_leap_of_our_own_clock_ends_nobody(front: Front) -> None:
    say(front, manifest(), ORIGIN, "a")
    front.bench.clock.forward(minutes=2)
    say(front, manifest(), ORIGIN, "b")
    assert live(front) == ["a", "b"]


def test_who_speaks_often_ends_nobody_sooner(front: Front) -> None:
    say(front, manifest(), ORIGIN, "a")
    for n in range(1000):
        say(front, manifest(), ORIGIN, "b", n / 100)
    assert live(front) == ["a", "b"]


def told_before(front: Front, *said: tuple[str, float]) -> None:
    """The topic as it was before the gateway began to listen: instances, and when they spoke."""
    began = front.bench.clock.now()
    for instance, at in said:
        moment = began + timedelta(seconds=at)
        record = front.record(manifest(), ORIGIN, instance, at=moment)
        front.routes.learn(*record, moment.timestamp())


def test_who_was_gone_before_the_gateway_came_stays_gone(front: Front) -> None:
    told_before(front, ("dead", -7200), ("a", -12), ("b", -4))
    assert live(front) == ["a", "b"]
    go_on(front, (manifest(), ORIGIN, "b"), times=1)
    assert live(front) == ["a", "b"]


def test_a_gateway_that_comes_while_the_broker_takes_nothing_knows_who_was_there(front: Front) -> None:
    told_before(front, ("dead", -9000), ("a", -7212), ("b", -7204))
    assert live(front) == ["a", "b"]


def test_where_the_broker_keeps_no_time_all_get_their_time_to_speak(front: Front) -> None:
    for instance in ("a", "b"):
        front.routes.learn(*front.record(manifest(), ORIGIN, instance), 0.0)
    assert live(front) == ["a", "b"]
    go_on(front, (manifest(), ORIGIN, "b"), times=5)
    assert live(front) == ["b"]


def test_an_announcement_of_long_ago_told_again_brings_nobody_back(front: Front) -> None:
    say(front, manifest(), ORIGIN, "a")
    assert say(front, manifest(), "http://127.0.0.1:2", "b", -301) == "rejected"
    assert live(front) == ["a"]
    assert "long ago" in front.routes.rejections()[0].reason


# Two versions

NEW_PAGE = {"path": "/services", "kind": "page", "upstream": "/new-pages", "roles": ["clerk"]}
NEW_API = {"path": "/api/forms/v1", "kind": "api", "roles": ["citizen"]}
OLD_ONLY = {"path": "/api/forms/v0", "kind": "api"}


async def answers(client: Any, path: str) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(TURNS)]


@pytest.mark.parametrize("crashed", ["2.0.0", "0.9.0"])
async def test_a_version_that_crashed_governs_nothing(front: Front, module_of: Any, crashed: str) -> None:
    old, new = await module_of(headers={"content-type": "text/html"}), await module_of()
    running = (manifest(API, PAGE, OLD_ONLY), old.origin, "old")
    say(front, *running)
    say(front, manifest(NEW_API, NEW_PAGE, version=crashed), new.origin, "new")
    go_on(front, running)
    async with front.api() as client:
        for path in (URL, PAGE_URL, "/heidelberg/api/forms/v0/x"):
            assert await answers(client, path) == [200] * TURNS
        assert {one.path for one in old.seen} == {"/api/forms/v1/x", "/pages/x", "/api/forms/v0/x"}
        assert new.seen == []
        (module, there), *_ = front.routes.modules()
        assert (module.manifest.version, [i.id for i in there]) == ("1.0.0", ["old"])
        go_on(front, (SENSORS, ORIGIN, "s"), times=5)
        gone = await client.get(PAGE_URL)
    assert (gone.status_code, gone.json()["type"].rpartition("/")[2]) == (503, "module-gone")
    assert "„Forms“ ist vorübergehend nicht erreichbar" in gone.text


async def test_side_by_side_each_version_is_asked_as_it_announced(front: Front, module_of: Any) -> None:
    """A newer one put beside an older, and an older one put back beside a newer."""
    old, new = await module_of(), await module_of()
    say(front, manifest(NEW_API, NEW_PAGE, version="1.10.0"), new.origin, "new")
    say(front, manifest(API, PAGE, OLD_ONLY, version="1.9.0"), old.origin, "old")
    async with front.api() as visitor:
        assert sorted(await answers(visitor, URL)) == [200] * 4 + [401] * 4
        assert sorted(await answers(visitor, PAGE_URL)) == [200] * 4 + [401] * 4
        assert await answers(visitor, "/heidelberg/api/forms/v0/x") == [200] * TURNS
    assert new.seen == []
    token = front.keycloak.token(
        tenant="heidelberg", audience="portal-gw", now=front.bench.clock.now(), roles=("clerk",)
    )
    async with front.api(token) as clerk:
        assert await answers(clerk, PAGE_URL) == [200] * TURNS
    assert {one.path for one in new.seen} == {"/new-pages/x"}
    assert {one.path for one in old.seen if "pages" in one.path} == {"/pages/x"}
    front.routes.learn(b"forms/new", None)
    async with front.api() as visitor:
        assert await answers(visitor, URL) == [200] * TURNS


async def test_one_version_takes_over_what_the_other_does_not_take(front: Front, module_of: Any) -> None:
    """Under its own path, and only where its own rules let the caller pass."""
    old = await module_of()
    say(front, manifest(API, PAGE), old.origin, "old")
    new = [{**API, "upstream": "/other"}, NEW_PAGE]
    say(front, manifest(*new, version="2.0.0"), "http://127.0.0.1:1", "new")
    async with front.api() as client:
        assert await answers(client, URL) == [200] * TURNS
    assert {one.path for one in old.seen} == {"/api/forms/v1/x"}
