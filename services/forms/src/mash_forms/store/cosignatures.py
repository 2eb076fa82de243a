# SPDX-License-Identifier: EUPL-1.2
"""SQL of requests for a second signature; names, addresses and reasons lie under the key of the case."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.cosigning import Party, Request, Standing
from mash_forms.store import sealed
from mash_forms.store.tables import cosignatures
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit

_NOTHING: Mapping[str, Any] = {"salt": "", "applicant": {}, "signer": {}, "reason": ""}


class CosignatureStore:
    """Keeps requests. The newest of a draft is the one that counts."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, unit: Unit, request: Request, code: bytes) -> None:
        await unit.connection.execute(
            insert(cosignatures).values(
                id=request.id,
                draft_id=request.draft_id,
                form=request.form,
                form_version=request.form_version,
                digest=request.digest,
                code=code,
                applicant=request.applicant.subject,
                asked_at=request.asked_at,
                expires_at=request.expires_at,
                **await self._changing(unit, request),
            )
        )

    async def save(self, unit: Unit, request: Request) -> None:
        values = await self._changing(unit, request)
        await unit.connection.execute(
            update(cosignatures).where(cosignatures.c.id == request.id).values(values)
        )

    async def of(self, unit: Unit, draft_id: str) -> Request | None:
        wanted = select(cosignatures).where(cosignatures.c.draft_id == draft_id)
        order = (cosignatures.c.asked_at.desc(), cosignatures.c.id.desc())
        return await self._one(unit, wanted.order_by(*order).limit(1).with_for_update())

    async def one(self, unit: Unit, request_id: str) -> Request | None:
        return await self._one(unit, select(cosignatures).where(cosignatures.c.id == request_id))

    async def by_code(self, unit: Unit, code: bytes) -> Request | None:
        wanted = select(cosignatures).where(cosignatures.c.code == code)
        return await self._one(unit, wanted.with_for_update())

    async def of_signer(self, unit: Unit, subject: str, limit: int) -> Sequence[Request]:
        found = await unit.connection.execute(
            select(cosignatures)
            .where(cosignatures.c.signer == subject, cosignatures.c.standing == Standing.TAKEN.value)
            .order_by(cosignatures.c.asked_at.desc())
            .limit(limit)
        )
        rows = found.mappings().all()
        keys = await self._vault.keys(unit, [row["draft_id"] for row in rows])
        return [_request(row, keys.get(row["draft_id"])) for row in rows]

    async def _one(self, unit: Unit, wanted: Select[Any]) -> Request | None:
        row = (await unit.connection.execute(wanted)).mappings().first()
        if row is None:
            return None
        return _request(row, (await self._vault.keys(unit, [row["draft_id"]])).get(row["draft_id"]))

    async def _changing(self, unit: Unit, request: Request) -> dict[str, Any]:
        key = await self._vault.key(unit, request.draft_id)
        private = {
            "salt": request.salt.hex(),
            "applicant": _plain(request.applicant),
            "signer": _plain(request.signer),
            "reason": request.reason,
        }
        return {
            "standing": request.standing.value,
            "signer": request.signer.subject if request.signer else None,
            "trust_level": request.trust_level,
            "settled_at": request.settled_at,
            "sealed": sealed.packed(key, _place(request.id), private),
        }


def _place(request_id: str) -> str:
    return f"cosignature/{request_id}"


def _plain(party: Party | None) -> dict[str, str]:
    return {} if party is None else {"name": party.name, "email": party.email, "language": party.language}


def _party(subject: str, told: Mapping[str, str]) -> Party:
    return Party(subject, told.get("name", sealed.GONE), told.get("email", ""), told.get("language", "de"))


def _request(row: RowMapping, key: CaseKey | None) -> Request:
    private = sealed.unpacked(key, _place(row["id"]), row, _NOTHING)
    return Request(
        id=row["id"],
        draft_id=row["draft_id"],
        form=row["form"],
        form_version=row["form_version"],
        digest=row["digest"],
        salt=bytes.fromhex(private["salt"]),
        applicant=_party(row["applicant"], private["applicant"]),
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
        standing=Standing(row["standing"]),
        signer=_party(row["signer"], private["signer"]) if row["signer"] is not None else None,
        trust_level=row["trust_level"],
        reason=private["reason"],
        settled_at=row["settled_at"],
    )
