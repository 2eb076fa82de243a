# SPDX-License-Identifier: EUPL-1.2
"""A service's own tokens: proven by a signed assertion, shared, renewed in time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mash_sdk.problems import Unavailable
from mash_sdk.rpc import ServiceTokens


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


async def test_many_ask_at_once_and_keycloak_is_asked_once(issuer: Any, tokens: ServiceTokens) -> None:
    got = await asyncio.gather(*(tokens.token("heidelberg", "forms") for _ in range(20)))
    assert len(set(got)) == 1
    [asked] = issuer.asked
    assert asked["scope"] == "forms"
    assert asked["grant_type"] == "client_credentials"
    assert asked["realm"] == "heidelberg"


async def test_tenants_and_peers_have_tokens_of_their_own(issuer: Any, tokens: ServiceTokens) -> None:
    for tenant, peer in (("heidelberg", "forms"), ("mannheim", "forms"), ("heidelberg", "payments")):
        await tokens.token(tenant, peer)
    assert len(issuer.asked) == 3


async def test_one_who_gives_up_does_not_take_the_token_from_the_others(
    issuer: Any, tokens: ServiceTokens
) -> None:
    first = asyncio.create_task(tokens.token("heidelberg", "forms"))
    await asyncio.sleep(0)
    second = asyncio.create_task(tokens.token("heidelberg", "forms"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert len(issuer.asked) == 1


async def test_a_token_is_renewed_before_it_ends(issuer: Any, settings: Any) -> None:
    clock = Hands()
    tokens = ServiceTokens(issuer.origin, "notify", settings.client_key, clock)
    await tokens.token("heidelberg", "forms")
    clock.time += timedelta(seconds=issuer.lives - 31)
    await tokens.token("heidelberg", "forms")
    assert len(issuer.asked) == 1
    clock.time += timedelta(seconds=2)
    await tokens.token("heidelberg", "forms")
    assert len(issuer.asked) == 2
    await tokens.close()


async def test_a_refusal_is_unavailable_and_not_kept(issuer: Any, tokens: ServiceTokens) -> None:
    issuer.away = True
    with pytest.raises(Unavailable):
        await tokens.token("heidelberg", "forms")
    issuer.away = False
    assert await tokens.token("heidelberg", "forms")
