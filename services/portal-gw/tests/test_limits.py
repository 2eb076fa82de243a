# SPDX-License-Identifier: EUPL-1.2
"""How much a client may ask, and who counts as one."""

from typing import Any

import pytest

from mash_portal_gw.edge.limits import Buckets, Rate, client_key
from mash_portal_gw.edge.request import read
from mash_portal_gw.model.network import networks


class Hands:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_bucket_empties_and_fills() -> None:
    now = Hands()
    buckets = Buckets(Rate(2, 3), now)
    assert [buckets.take("a").allowed for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b").allowed
    now.time = 0.5
    assert [buckets.take("a").allowed for _ in range(2)] == [True, False]
    now.time = 100
    assert [buckets.take("a").allowed for _ in range(4)] == [True, True, True, False]


def test_memory_is_bounded() -> None:
    buckets = Buckets(Rate(1, 1), Hands(), size=10)
    for n in range(1000):
        buckets.take(str(n))
    assert len(buckets) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.2.3.4", "1.2.3.5", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
    ],
)
def test_who_counts_as_one_client(one: str, other: str, same: bool) -> None:  # noqa: FBT001 — an example
    assert (client_key(one) == client_key(other)) is same


def client_of(peer: str, forwarded: str) -> str:
    scope = {
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "client": (peer, 1),
        "headers": [(b"host", b"a"), (b"x-forwarded-for", forwarded.encode())],
    }
    return read(scope, networks("10.0.0.0/8")).client


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, rubbish", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded) == client


async def test_too_many_requests_are_refused_with_a_time_to_wait(front_of: Any) -> None:
    front = await front_of(rate_client=1, rate_client_burst=3)
    async with front.api() as client, front.browser() as browser:
        answers = [await client.get("/heidelberg/x") for _ in range(4)]
        page = await browser.get("/heidelberg/")
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    refused = answers[-1]
    assert refused.json()["type"].endswith("/too-many-requests")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"client";q=3;w=3'
    assert answers[0].headers["ratelimit"].startswith('"client";r=2')
    assert (page.status_code, "Bitte warten Sie" in page.text) == (429, True)


async def test_logins_have_a_limit_of_their_own(front_of: Any) -> None:
    front = await front_of(rate_login=0.01, rate_login_burst=2)
    async with front.browser() as browser:
        answers = [(await browser.get("/heidelberg/login")).status_code for _ in range(3)]
        assert answers == [303, 303, 429]
        assert (await browser.get("/heidelberg/")).status_code == 200


async def test_one_tenants_crowd_does_not_shut_out_another(front_of: Any) -> None:
    front = await front_of(rate_tenant=0.01, rate_tenant_burst=2)
    async with front.browser() as browser:
        answers = [(await browser.get("/heidelberg/")).status_code for _ in range(3)]
        assert answers == [200, 200, 429]
        assert (await browser.get("/mannheim/")).status_code == 200
