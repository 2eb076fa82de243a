# SPDX-License-Identifier: EUPL-1.2
"""A module's tokens on a real Keycloak: for whom it may ask, saying what it is, none once it is revoked."""

import base64
import json
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from mash_tools.realms.access import platform

pytestmark = pytest.mark.keycloak


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def test_a_module_gets_tokens_only_for_whom_it_may_ask_and_they_say_what_it_is(realms: Any) -> None:
    realms.keys["winter"] = ECKey.generate_key("P-256", {"kid": "winter", "alg": "ES256", "use": "sig"})

    def token(peer: str, client: str = "winter") -> httpx.Response:
        return realms.ask(client, grant_type="client_credentials", scope=peer)

    try:
        realms.modules = {"winter": ("sensors",)}
        realms.provision()
        assert realms.provision().changed is False
        told = claims(token("sensors").json()["access_token"])
        assert (told["aud"], told["azp"], told["mash_module"]) == ("sensors", "winter", True)
        assert token("notify").status_code == 400
        assert "mash_module" not in claims(token("sensors", "notify").json()["access_token"])
        known = platform(realms.access)
        assert known.modules == {"winter": ("sensors",)}
        assert set(known.client_jwks) == {*realms.keys}
        realms.modules = {"winter": ("notify",)}
        report = realms.provision()
        assert "client winter" in str(report)
        assert (token("sensors").status_code, token("notify").status_code) == (400, 200)
    finally:
        del realms.keys["winter"]
        realms.modules = {}
    assert "client winter: switched off" in str(realms.provision())
    assert realms.provision().changed is False
    realms.keys["winter"] = ECKey.generate_key("P-256", {"kid": "winter", "alg": "ES256", "use": "sig"})
    assert token("notify").status_code == 401
    del realms.keys["winter"]
    assert platform(realms.access).modules == {}
