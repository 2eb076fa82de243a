# SPDX-License-Identifier: EUPL-1.2
"""The one secret of a service, its ES256 key: proves it to Keycloak and signs its announcements."""

from datetime import datetime
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from mash_sdk.ids import new_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60


def client_key(file: Path) -> ECKey:
    """The private key in a PEM file (P-256); its key id is its RFC 7638 thumbprint, as Keycloak knows it."""
    key = ECKey.import_key(file.read_bytes())
    key.ensure_kid()
    return key


def client_proof(client: str, key: ECKey, issuer: str, now: datetime) -> dict[str, str]:
    """The form fields by which a client authenticates at an issuer's endpoint (private_key_jwt, RFC 7523)."""
    issued = int(now.timestamp())
    claims = {
        "iss": client,
        "sub": client,
        "aud": issuer,
        "jti": new_id(),
        "iat": issued,
        "exp": issued + ASSERTION_SECONDS,
    }
    assertion = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])
    return {"client_id": client, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
