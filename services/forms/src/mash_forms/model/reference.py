# SPDX-License-Identifier: EUPL-1.2
"""Reference numbers that people read out and type: no confusable letters, and a check character.

The alphabet has 29 characters because a prime modulus lets one weighted sum find every single wrong
character and every swap of two.
"""

import hashlib
import re

ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXYZ"  # without 0 and O, 1 I and L, U (V), S (5)
_BODY = 7
_SHAPE = re.compile(rf"([A-Z]{{1,4}})-([{ALPHABET}]{{4}})-([{ALPHABET}]{{4}})")


def reference_of(prefix: str, application_id: str, attempt: int = 0) -> str:
    """Return the reference of an application, for example `HD-7K2M-9QXC`.

    It is derived from the id, so that the same application gets the same reference; `attempt` gives
    another one where it is already taken.
    """
    digest = hashlib.sha256(f"{application_id}/{attempt}".encode()).digest()
    number = int.from_bytes(digest[:8])
    body = ""
    for _ in range(_BODY):
        number, digit = divmod(number, len(ALPHABET))
        body += ALPHABET[digit]
    body += _check(prefix, body)
    return f"{prefix}-{body[:4]}-{body[4:]}"


def read_reference(text: str) -> str | None:
    """Return the reference as it is stored, from what a person typed; None if it cannot be one."""
    typed = re.sub(r"[\s\u00ad\u2010-\u2015\u2212]+", "-", text.strip().upper())
    compact = re.fullmatch(rf"([A-Z]{{1,4}})-?([{ALPHABET}]{{4}})-?([{ALPHABET}]{{4}})", typed)
    if compact is None:
        return None
    reference = "-".join(compact.groups())
    return reference if is_reference(reference) else None


def is_reference(text: str) -> bool:
    """Tell whether shape and check character are right."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return False
    prefix, first, second = found.groups()
    body = first + second
    return body[-1] == _check(prefix, body[:-1])


def _check(prefix: str, body: str) -> str:
    # Letters of the prefix may lie outside the alphabet; their code point modulo 29 still differs
    # between any two letters of one position closer than 29 apart.
    values = [ord(letter) % len(ALPHABET) for letter in prefix] + [ALPHABET.index(c) for c in body]
    total = sum(weight * value for weight, value in enumerate(reversed(values), start=2))
    return ALPHABET[-total % len(ALPHABET)]
