# SPDX-License-Identifier: EUPL-1.2
"""One Keycloak of the session, with every city's realm."""

import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey
from keycloak import KeycloakAdmin

from mash_tools.parts.keycloak import Keycloak
from mash_tools.parts.postgres import Postgres
from mash_tools.realms import Access, Report, provision

CITIES = Path(__file__).parents[2] / "cities"
PUBLIC_URL = "http://localhost:8000"
SERVICES = ("forms", "notify", "payments", "portal-gw", "sensors")
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@dataclass
class Realms:
    """A provisioned Keycloak and the services' private keys."""

    access: Access
    keys: dict[str, ECKey]
    first: Report
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def jwks(self) -> dict[str, dict[str, Any]]:
        return {name: {"keys": [key.as_dict(private=False)]} for name, key in self.keys.items()}

    def provision(self, cities: Path = CITIES, *, demo: bool = True) -> Report:
        it = self.access
        return provision(
            it.url, it.user, it.password, cities, it.public_url, self.jwks, demo=demo, modules=self.modules
        )

    def admin(self, realm: str) -> KeycloakAdmin:
        it = self.access
        admin = KeycloakAdmin(server_url=it.url, username=it.user, password=it.password)
        admin.connection.get_token()
        admin.change_current_realm(realm)
        return admin

    def issuer(self, realm: str) -> str:
        return f"{self.access.url}/realms/{realm}"

    def assertion(self, client: str, realm: str, key: str | None = None) -> str:
        now = int(time.time())
        claims = {
            "iss": client, "sub": client, "aud": self.issuer(realm),
            "jti": secrets.token_hex(8), "iat": now, "exp": now + 60,
        }  # fmt: skip
        signer = self.keys[key or client]
        return jwt.encode({"alg": "ES256", "kid": signer.kid}, claims, signer, algorithms=["ES256"])

    def ask(
        self,
        client: str,
        realm: str = "heidelberg",
        key: str | None = None,
        endpoint: str = "token",
        **form: str,
    ) -> httpx.Response:
        proof = {
            "client_id": client,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(client, realm, key),
        }
        url = f"{self.issuer(realm)}/protocol/openid-connect/{endpoint}"
        return httpx.post(url, data={**proof, **form})

    def exchange(
        self, token: str, client: str = "portal-gw", realm: str = "heidelberg", **form: str
    ) -> httpx.Response:
        return self.ask(
            client, realm, grant_type=EXCHANGE, subject_token=token, subject_token_type=ACCESS_TOKEN, **form
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def access(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Access]:
    folder = tmp_path_factory.mktemp("keycloak")
    async with (
        Postgres(folder / "postgres", durable=False) as postgres,
        Keycloak(folder / "keycloak", postgres=postgres.dsn()) as keycloak,
    ):
        yield Access(keycloak.url, *keycloak.admin, PUBLIC_URL)


@pytest.fixture(scope="session")
def realms(access: Access) -> Realms:
    keys = {
        name: ECKey.generate_key("P-256", {"kid": name, "alg": "ES256", "use": "sig"}) for name in SERVICES
    }
    made = Realms(access, keys, Report(()))
    made.first = made.provision()
    return made
