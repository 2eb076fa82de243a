# SPDX-License-Identifier: EUPL-1.2
"""Keeps secrets unreadable where they rest: AES-256-GCM under keys derived by HKDF (RFC 5869)."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Broken(Exception):
    """What should be opened was not sealed with this key, or was changed."""


class Sealer:
    """Seals under the platform's secret and, where one is given, a second one that only the owner has."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._csrf = self._derive("csrf", b"")

    def seal(self, plain: bytes, purpose: str, owner: bytes = b"") -> bytes:
        """`owner`: the browser's own secret; without it the platform's alone does not open this."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._derive(purpose, owner)).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str, owner: bytes = b"") -> bytes:
        try:
            key = AESGCM(self._derive(purpose, owner))
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as err:
            raise Broken(purpose) from err

    def csrf(self, bound_to: bytes) -> str:
        """What the forms of one session carry: nobody else's page can know it."""
        digest = hmac.digest(self._csrf, bound_to, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _derive(self, purpose: str, owner: bytes) -> bytes:
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=owner or None, info=f"mash {purpose}".encode())
        return kdf.derive(self._secret)
