# SPDX-License-Identifier: EUPL-1.2
"""What a module must not publish is refused, and operators see why."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.public import LARGEST
from mash_sdk.testing.patience import until

Edge = Any
EdgeOf = Callable[..., Awaitable[Any]]
FORMS = "/api/forms/v1/forms"
URL = f"/heidelberg{FORMS}"
API = {"path": "/api/forms/v1", "kind": "api"}
MINE = {"path": "/api/forms/v1/forms/mine", "kind": "api", "roles": ["citizen"]}
# ── what is refused ──

PATHS = [
    f"{FORMS}/mine",
    f"{FORMS}/mine/x",
    "/api/forms/v1/other",
    "/api/sensors/v1/newest",
    "/services",
    "/api/desk/x",
]


def value_of(path: str = FORMS, body: bytes = b"{}", tenant: str = "heidelberg", **about: Any) -> bytes:
    about = {"media_type": "application/json", **about}
    return PublicDocument(tenant=tenant, path=path, body=body, **about).SerializeToString()


def record_of(**about: Any) -> tuple[str, bytes]:
    return about.get("tenant", "heidelberg") + about.get("path", FORMS), value_of(**about)


REFUSED: list[tuple[str, bytes, str]] = [
    *((*record_of(path=path), "not declared public") for path in PATHS),
    (f"heidelberg{FORMS}", value_of(f"{FORMS}/x"), "key is not what the document says"),
    (f"heidelberg{FORMS}", value_of(tenant="mannheim"), "key is not what the document says"),
    (*record_of(tenant="atlantis"), "no city"),
    (*record_of(tenant="operators"), "no city"),
    (*record_of(path=f"{FORMS}/../v1"), "no public document"),
    (*record_of(path=f"{FORMS}//x"), "no public document"),
    (*record_of(media_type="text/html\r\nset-cookie: a=b"), "no public document"),
    (*record_of(media_type=""), "no public document"),
    (*record_of(max_age_seconds=-1), "no public document"),
    (*record_of(max_age_seconds=10**9), "no public document"),
    (*record_of(body=b"x" * (LARGEST + 1)), "too many"),
    (*record_of(body=b"x" * (LARGEST + 10_000)), "too many"),
    (f"heidelberg{FORMS}", b"\xff garbage", "no public document"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "reason"), REFUSED)
async def test_what_must_not_be_served_is_refused_and_shown_with_the_reason(
    edge: Edge, key: str, value: bytes, reason: str
) -> None:
    await edge.publish()
    await edge.send(key, value)
    await edge.read()
    assert [one for one in edge.reasons if reason in one], edge.reasons
    assert edge.metric('mash_gateway_public_refused_total{mash_module="forms"}') == 1
    assert edge.shelf().get(key) is None
    async with edge.front.api() as client:
        # The one before it under the same key is not what the module says any more.
        assert await edge.from_memory(client, URL) == (key != f"heidelberg{FORMS}")
    async with edge.front.browser() as browser:
        await edge.front.login(browser, "/ops/", roles=("operator",))
        page = (await browser.get("/ops/modules")).text
    assert reason in page.replace("&#39;", "'")


async def test_the_topic_of_another_module_counts_for_nothing(edge: Edge, client: httpx.AsyncClient) -> None:
    """A module publishes on its own topic for another's path; one that is not approved publishes at all."""
    desk = {"path": "/api/desk/v1", "kind": "api"}
    edge.front.announce("desk", [desk], "http://127.0.0.1:9", public=[{"path": "/api/desk/v1/open"}])
    await edge.publish()
    forged = value_of(body=b"forged")
    await edge.send(f"heidelberg{FORMS}", forged, "mash.desk.public.v1")
    await edge.send(f"heidelberg{FORMS}", forged, "mash.stranger.public.v1")
    own = value_of("/api/desk/v1/open", b"open")
    await edge.send("heidelberg/api/desk/v1/open", own, "mash.desk.public.v1")
    shelf = edge.shelf("desk")

    async def read() -> bool:
        return shelf.get("heidelberg/api/desk/v1/open") is not None

    await until(read, "the other topic is read", 10)
    assert (await client.get(URL)).content == edge.body
    assert (await client.get("/heidelberg/api/desk/v1/open")).content == b"open"
    assert len(shelf) == 1


async def test_a_module_cannot_declare_public_what_needs_a_role(edge: Edge) -> None:
    with pytest.raises(ValueError, match="public path"):
        edge.front.announce("forms", [API, MINE], public=[{"path": f"{FORMS}/mine"}])


async def test_a_shelf_has_an_end_and_what_is_old_makes_room(edge_of: EdgeOf) -> None:
    edge = await edge_of(public_bytes=1 << 20)
    clock = edge.front.bench.clock
    noise = random.Random(1).randbytes(400_000)
    soon = clock.now() + timedelta(seconds=30)
    await edge.publish(f"{FORMS}/a", noise, valid_until=soon)
    await edge.publish(f"{FORMS}/b", noise)
    await edge.publish(f"{FORMS}/c", noise)
    shelf = edge.shelf()
    assert [shelf.get(f"heidelberg{FORMS}/{name}") is not None for name in "abc"] == [True, True, False]
    assert shelf.size <= 1 << 20
    assert any("bytes" in reason for reason in edge.reasons)
    for _ in range(5):
        await edge.publish(f"{FORMS}/b", noise)
    clock.forward(seconds=30)
    await edge.publish(f"{FORMS}/c", noise)
    assert shelf.get(f"heidelberg{FORMS}/c") is not None
    assert shelf.size <= 1 << 20
