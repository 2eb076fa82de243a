# SPDX-License-Identifier: EUPL-1.2
"""Which tokens are believed, and for how long: keys change, clocks are wrong, Keycloak is away."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from mash_sdk.identity import KEYS_AGAIN, KEYS_FRESH, Verifier
from mash_sdk.problems import Unauthenticated
from mash_sdk.testing.clock import FakeClock
from mash_sdk.testing.issuer import Issuer

YEAR = timedelta(days=365)
LONG = {"exp": 2**33}
"""So that nothing ends but by what the test is about."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keycloak() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
async def verifier(keycloak: Issuer, clock: FakeClock) -> AsyncIterator[Verifier]:
    one = Verifier(keycloak.url, "forms", {"heidelberg"}, clock)
    yield one
    await one.close()


def token(keycloak: Issuer, clock: FakeClock, after: timedelta = timedelta(), **claims: object) -> str:
    return keycloak.token(tenant="heidelberg", audience="forms", now=clock.now() + after, **claims)


async def refused(verifier: Verifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        await verifier.verify(token)
    return refusal.value.detail


async def test_a_clock_a_year_ahead_makes_no_valid_token(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    ahead = token(keycloak, clock, YEAR)
    assert "gilt noch nicht" in await refused(verifier, ahead)
    assert "gilt noch nicht" in await refused(verifier, token(keycloak, clock, nbf=2**33, **LONG))
    clock.forward(days=365)
    assert (await verifier.verify(ahead)).tenant == "heidelberg"


async def test_a_clock_a_year_behind_makes_none_either(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    assert "abgelaufen" in await refused(verifier, token(keycloak, clock, -YEAR))


async def test_a_new_key_is_learned_and_the_old_one_goes_on(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    old = token(keycloak, clock, **LONG)
    await verifier.verify(old)
    keycloak.rotate(keep=True)
    clock.forward(seconds=KEYS_AGAIN)
    await verifier.verify(token(keycloak, clock, **LONG))
    clock.forward(seconds=KEYS_FRESH + 1)
    await verifier.verify(old)


async def test_what_a_withdrawn_key_signed_ends_though_it_was_believed(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    old = token(keycloak, clock, **LONG)
    await verifier.verify(old)
    keycloak.rotate(keep=False)
    await verifier.verify(old)  # nobody has noticed
    clock.forward(seconds=KEYS_FRESH)
    assert "Unterschrift" in await refused(verifier, old)


async def test_a_withdrawal_that_is_noticed_counts_at_once(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    old = token(keycloak, clock, **LONG)
    await verifier.verify(old)
    keycloak.rotate(keep=False)
    clock.forward(seconds=KEYS_AGAIN)
    await verifier.verify(token(keycloak, clock, **LONG))
    assert "Unterschrift" in await refused(verifier, old)


async def test_while_keycloak_is_away_its_keys_hold(
    verifier: Verifier, keycloak: Issuer, clock: FakeClock
) -> None:
    old = token(keycloak, clock, **LONG)
    await verifier.verify(old)
    keycloak.away = True
    for _ in range(3):
        clock.forward(seconds=KEYS_FRESH)
        await verifier.verify(old)
        await verifier.verify(token(keycloak, clock, **LONG))
    keycloak.away = False
    keycloak.rotate(keep=False)
    clock.forward(seconds=KEYS_AGAIN)
    assert "Unterschrift" in await refused(verifier, old)
