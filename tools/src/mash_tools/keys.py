# SPDX-License-Identifier: EUPL-1.2
"""Keys of services: made as ES256, named by their thumbprint, shown to others by their public half."""

from joserfc.jwk import ECKey

Jwk = dict[str, str | list[str]]


def new_key() -> str:
    """A private key as PEM."""
    return ECKey.generate_key("P-256").as_pem(private=True).decode()


def public_half(key: bytes | Jwk) -> Jwk:
    """The public JWK of a PEM or JWK; its key id is its thumbprint, as the services sign with it."""
    known = ECKey.import_key(key)
    return {**known.as_dict(private=False), "kid": known.thumbprint(), "use": "sig", "alg": "ES256"}
