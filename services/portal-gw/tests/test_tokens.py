# SPDX-License-Identifier: EUPL-1.2
"""Tokens that are revoked, from another time, of a withdrawn key, or very many: what is remembered ends."""

import base64
import gc
import json
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mash_portal_gw.edge.callers import Callers
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.service import ModuleTokens
from mash_sdk.identity import KEYS_FRESH, Verifier
from mash_sdk.manifest import Route
from mash_sdk.testing.clock import FakeClock
from mash_sdk.testing.issuer import Issuer

Front = Any
Module = Any
MINE = "/heidelberg/api/forms/v1/mine"
OPEN = "/heidelberg/api/forms/v1/x"


async def ask(front: Front, token: str, url: str = MINE) -> tuple[int, str]:
    async with front.api(token) as client:
        answer = await client.get(url)
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


def token(front: Front, **about: Any) -> str:
    return str(front.bench.token("heidelberg", roles=["citizen"], **about))


async def test_a_token_from_a_clock_a_year_ahead_is_refused(front: Front, forms: Module) -> None:
    later = front.bench.clock.now() + timedelta(days=365)
    ahead = front.keycloak.token(tenant="heidelberg", audience="portal-gw", now=later, roles=["citizen"])
    assert await ask(front, ahead) == (401, "unauthenticated")
    assert await ask(front, ahead, OPEN) == (401, "unauthenticated")
    assert forms.seen == []
    assert front.keycloak.asked == []


async def test_a_revoked_token_ends_when_keycloak_is_asked_again(front: Front, forms: Module) -> None:
    mine = token(front)
    assert [await ask(front, mine) for _ in range(2)] == [(200, "")] * 2
    front.keycloak.revoked.add(mine)
    assert await ask(front, mine) == (200, "")
    front.bench.clock.forward(seconds=61)
    assert [await ask(front, mine, url) for url in (MINE, OPEN, MINE)] == [(401, "token-revoked")] * 3
    assert len(forms.seen) == 3
    assert len(front.keycloak.asked) == 2, "Keycloak is not asked again for every refusal"


async def test_a_token_that_still_counts_goes_on(front: Front, forms: Module) -> None:
    mine = token(front)
    for _ in range(3):
        assert await ask(front, mine) == (200, "")
        front.bench.clock.forward(seconds=61)
    assert len(front.keycloak.asked) == 3


async def test_while_keycloak_is_away_what_it_said_holds(front: Front, forms: Module) -> None:
    mine, new = token(front), token(front)
    assert await ask(front, mine) == (200, "")
    front.bench.clock.forward(seconds=61)
    front.keycloak.away = True
    assert [await ask(front, mine) for _ in range(2)] == [(200, "")] * 2
    assert await ask(front, new) == (503, "login-unavailable")
    front.keycloak.away = False
    front.keycloak.revoked.add(mine)
    front.bench.clock.forward(seconds=6)
    assert await ask(front, mine) == (401, "token-revoked")


async def test_what_a_withdrawn_key_signed_is_forgotten(front: Front, forms: Module) -> None:
    now = front.bench.clock.now()
    life = int((now + timedelta(seconds=10 * KEYS_FRESH)).timestamp())
    mine = token(front, exp=life)
    assert [await ask(front, mine) for _ in range(2)] == [(200, "")] * 2
    front.keycloak.rotate(keep=False)
    front.bench.clock.forward(seconds=KEYS_FRESH)
    assert await ask(front, mine) == (401, "unauthenticated")
    assert await ask(front, token(front)) == (200, "")


class Provider:
    """Exchanges any token."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def exchange(self, _tenant: str, access: str, _service: str) -> tuple[str, datetime]:
        return f"exchanged {access[-40:]}", self._clock.now() + timedelta(seconds=300)


def believed(text: str, *_: object, **__: object) -> SimpleNamespace:
    """Reads a token's claims as if its signature had been checked: a hundred thousand checks take minutes."""
    payload = text.split(".")[1]
    return SimpleNamespace(claims=json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


async def test_a_hundred_thousand_tokens_once_each_do_not_fill_the_memory(
    token_issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    verifier = Verifier(token_issuer.url, "portal-gw", {"heidelberg"}, clock)
    tokens = ModuleTokens(Provider(clock), clock, "portal-gw", again=60)  # type: ignore[arg-type]
    callers = Callers(verifier, None, tokens, None, clock)  # type: ignore[arg-type]
    place = Place("heidelberg", "", "/api/forms/v1", b"/api/forms/v1")
    route = Route.model_validate({"path": "/api/forms/v1", "kind": "api"})
    real = token_issuer.token(tenant="heidelberg", audience="portal-gw", now=clock.now())
    await verifier.verify(real)
    monkeypatch.setattr("mash_sdk.identity.jwt.decode", believed)
    head, payload, _ = real.split(".")

    async def once(number: int) -> int:
        sent = f"Bearer {head}.{payload}.{number:086}".encode()
        request = Request("GET", "/", b"/", b"", "a", [], "1.2.3.4", https=False)
        request.fields = {b"authorization": sent}
        caller = await callers.identify(request, place)
        assert await callers.proof(caller, route, "forms") is not None
        return int(callers.at_once(sent, place, route, "forms") is not None)

    assert sum([await once(number) for number in range(60_000)]) == 60_000
    gc.collect()
    full = sys.getallocatedblocks()
    assert sum([await once(number) for number in range(60_000, 100_000)]) == 40_000
    gc.collect()
    assert sys.getallocatedblocks() - full < 4000, "not one block for ten tokens"
    assert (len(verifier._recent), len(tokens._kept)) == (20_000, 50_000)
    await verifier.close()
