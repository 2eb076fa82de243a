# SPDX-License-Identifier: EUPL-1.2
"""Keys of cases: what is personal is kept under them, and unreadable for good once they are deleted.

AES-256-GCM by `cryptography`. A case's key is kept wrapped by a key of its tenant, which is derived (HKDF)
from a secret that PostgreSQL never sees.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Select, and_, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.store.tables import case_keys
from mash_sdk.database import Unit

CASE = "case"
"""Answers, contact, files, reasons: what goes with the application."""
LETTERS = "letters"
"""Letters have a retention of their own, and so a key."""
NONCE = 12
SIZE = 32

# Built once: keys are asked for in nearly every unit.
_KEYS = select(case_keys.c.tenant, case_keys.c.owner, case_keys.c.secret, case_keys.c.wrapped).where(
    case_keys.c.tenant == bindparam("of_tenant"),
    case_keys.c.owner.in_(bindparam("owners", expanding=True)),
    case_keys.c.kind == bindparam("of_kind"),
)


class Unreadable(Exception):
    """What was kept under a key is not what was put there, or no secret that we have opens the key."""


@dataclass(frozen=True)
class CaseKey:
    """The key of one case. `owner`: the application, and the draft it was."""

    tenant: str
    owner: str
    secret: bytes

    def seal(self, content: bytes, place: str) -> bytes:
        """Encrypt. `place` binds it to where it is kept: it opens nowhere else."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, content, self._about(place))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises Unreadable if it was altered or lay elsewhere."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:NONCE], sealed[NONCE:], self._about(place))
        except (InvalidTag, ValueError) as err:
            raise Unreadable(f"{place} of {self.owner}") from err

    def mark(self, content: bytes) -> bytes:
        """Return what stands for something without telling it. Who has not the key cannot make it."""
        return hmac.digest(self.secret, b"mark " + content, "sha256")

    def _about(self, place: str) -> bytes:
        return f"{self.tenant}/{self.owner}/{place}".encode()


class Vault:
    """Makes, opens and deletes keys of cases. What a unit has read once it does not ask for again."""

    def __init__(self, current: str, earlier: Sequence[str] = ()) -> None:
        """`current` wraps; `earlier` are secrets of before, which only open."""
        self._current = _name(current)
        self._secrets: Mapping[str, str] = {_name(one): one for one in (*earlier, current)}
        self._seen: WeakKeyDictionary[Unit, _Seen] = WeakKeyDictionary()

    async def key(self, unit: Unit, owner: str, kind: str = CASE) -> CaseKey:
        """Return a case's key; it is made if there is none."""
        found = await self.keys(unit, [owner], kind)
        if owner in found:
            return found[owner]
        made, row = self.fresh(unit.tenant, owner, kind)
        # A part of this unit may be undone, and the key with it: so one that it made is asked for each time.
        self._seen_in(unit).made.add((owner, kind))
        kept = await unit.connection.execute(
            insert(case_keys)
            .values(**row, made_at=unit.clock.now())
            .on_conflict_do_nothing(index_elements=["tenant", "owner", "kind"])
            .returning(case_keys.c.owner)
        )
        return made if kept.first() is not None else (await self.keys(unit, [owner], kind))[owner]

    def fresh(self, tenant: str, owner: str, kind: str = CASE) -> tuple[CaseKey, dict[str, str | bytes]]:
        """Make a key, and the columns (but `tenant` and `made_at`) that keep it; nothing is written."""
        key = CaseKey(tenant, owner, secrets.token_bytes(SIZE))
        return key, {"owner": owner, "kind": kind, **self._wrapped(key, kind)}

    async def keys(self, unit: Unit, owners: Sequence[str], kind: str = CASE) -> dict[str, CaseKey]:
        """Return the keys that there are."""
        seen = self._seen_in(unit)
        known = {owner: seen.keys[owner, kind] for owner in owners if (owner, kind) in seen.keys}
        wanted = [owner for owner in owners if owner not in known]
        if not wanted:
            return known
        told = {"of_tenant": unit.tenant, "owners": wanted, "of_kind": kind}
        for row in await unit.connection.execute(_KEYS, told):
            key = self._opened(row.tenant, row.owner, kind, row.secret, row.wrapped)
            known[row.owner] = seen.keep(key, kind)
        return known

    def with_key(self, wanted: Select[Any], owner: Column[str]) -> Select[Any]:
        """Return a query of a table that reads each row's key along: its case is `owner`."""
        theirs = and_(
            case_keys.c.tenant == owner.table.c.tenant,
            case_keys.c.owner == owner,
            case_keys.c.kind == CASE,
        )
        told = (case_keys.c.secret.label("key_secret"), case_keys.c.wrapped.label("key_wrapped"))
        return wanted.outerjoin_from(owner.table, case_keys, theirs).add_columns(*told)

    async def key_of(self, unit: Unit, row: RowMapping, owner: str) -> CaseKey | None:
        """Return the key in a row that a query with_key() has read; None if it was deleted."""
        if row["key_secret"] is None:
            # A query that waited for a lock sees the row as it is now, but no key that was made meanwhile.
            return (await self.keys(unit, [owner])).get(owner)
        seen = self._seen_in(unit)
        if (known := seen.keys.get((owner, CASE))) is not None:
            return known
        return seen.keep(
            self._opened(row["tenant"], owner, CASE, row["key_secret"], row["key_wrapped"]), CASE
        )

    def _seen_in(self, unit: Unit) -> "_Seen":
        return self._seen.setdefault(unit, _Seen())

    async def rewrap(self, unit: Unit, limit: int) -> int:
        """Wrap keys that an earlier secret has wrapped with the current one. In a unit of the worker."""
        found = await unit.connection.execute(
            select(case_keys)
            .where(case_keys.c.secret != self._current)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = found.mappings().all()
        for row in rows:
            key = self._opened(row["tenant"], row["owner"], row["kind"], row["secret"], row["wrapped"])
            await unit.connection.execute(
                update(case_keys)
                .where(
                    case_keys.c.tenant == row["tenant"],
                    case_keys.c.owner == row["owner"],
                    case_keys.c.kind == row["kind"],
                )
                .values(**self._wrapped(key, row["kind"]))
            )
        return len(rows)

    def _wrapped(self, key: CaseKey, kind: str) -> dict[str, str | bytes]:
        wrapping = CaseKey(key.tenant, key.owner, _tenant_key(self._secrets[self._current], key.tenant))
        return {"secret": self._current, "wrapped": wrapping.seal(key.secret, kind)}

    def _opened(self, tenant: str, owner: str, kind: str, secret: str, wrapped: bytes) -> CaseKey:
        if secret not in self._secrets:
            raise Unreadable(f"the secret {secret} is neither case_key nor in case_keys_earlier")
        wrapping = CaseKey(tenant, owner, _tenant_key(self._secrets[secret], tenant))
        return CaseKey(tenant, owner, wrapping.open(bytes(wrapped), kind))


@dataclass
class _Seen:
    """What one unit knows of keys. Only those that were there before it: they stay, whatever it undoes."""

    keys: dict[tuple[str, str], CaseKey] = field(default_factory=dict)
    made: set[tuple[str, str]] = field(default_factory=set)

    def keep(self, key: CaseKey, kind: str) -> CaseKey:
        if (key.owner, kind) not in self.made:
            self.keys[key.owner, kind] = key
        return key


async def shred(unit: Unit, owners: Sequence[tuple[str, str]], *kinds: str) -> None:
    """Delete keys of cases (tenant, id): what they sealed is unreadable from then on, in every copy."""
    if owners:
        await unit.connection.execute(
            delete(case_keys).where(
                tuple_(case_keys.c.tenant, case_keys.c.owner).in_(owners), case_keys.c.kind.in_(kinds)
            )
        )


@cache
def _tenant_key(secret: str, tenant: str) -> bytes:
    info = f"mash forms case keys {tenant}".encode()
    return HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=info).derive(secret.encode())


def _name(secret: str) -> str:
    """Tell secrets apart without telling anything of them: they are random, and long."""
    return hashlib.sha256(b"mash forms case key name " + secret.encode()).hexdigest()[:16]
