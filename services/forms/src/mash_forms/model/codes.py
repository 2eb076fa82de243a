# SPDX-License-Identifier: EUPL-1.2
"""The code on a letter by which anybody can have confirmed that it was issued: 80 bits, easy to type."""

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter looks like a digit or like another."""
LENGTH = 16
_BETWEEN = " -–.\u00a0\u00ad\u2010\u2011\u2012\u2212"
"""Blanks and hyphens of all kinds, as programs put them where a code is copied from a letter."""
_SAME = str.maketrans({"O": "0", "I": "1", "L": "1", **dict.fromkeys(_BETWEEN, "")})


def code_of(drawn: bytes) -> str:
    """Write 10 random bytes as a code."""
    number = int.from_bytes(drawn[:10])
    letters = "".join(ALPHABET[number >> 5 * at & 31] for at in reversed(range(LENGTH)))
    return "-".join(letters[at : at + 4] for at in range(0, LENGTH, 4))


def read_code(typed: str) -> str | None:
    """Return a code as code_of() writes it, however it was typed; None for what cannot be one."""
    plain = typed.upper().translate(_SAME)
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET):
        return None
    return "-".join(plain[at : at + 4] for at in range(0, LENGTH, 4))


def fingerprint(tenant: str, code: str) -> bytes:
    """What is kept of a code: who reads the database cannot forge a letter with it."""
    return hashlib.sha256(f"{tenant} {code}".encode()).digest()
