# SPDX-License-Identifier: EUPL-1.2
"""What happens to a file that somebody sends: looked at, scanned, kept, fetched, taken away."""

import hashlib
import logging
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from typing import BinaryIO

from mash_forms.model.files import Attachment, Kind, Refusal, Verdict, kind_of, name_of
from mash_forms.model.form import Field
from mash_forms.service.drafts import DraftService
from mash_forms.service.ports import Action, Actor, Applications, Attachments, Audit, Drafts, Scanner
from mash_forms.service.scope import NotTheirs, require_in_scope
from mash_forms.service.trust import require_for
from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import NotFound, Unavailable

log = logging.getLogger(__name__)

NONE = "Diese Datei gibt es nicht."

PIECE = 256 * 1024


@dataclass(frozen=True)
class Attach:
    """Add a file to an upload field of a draft. `name` is what the sender calls it."""

    draft_id: str
    form: str
    field: str
    name: str
    content: BinaryIO
    size: int
    who: Principal


@dataclass(frozen=True)
class StoredFile:
    """An attachment with its bytes."""

    attachment: Attachment
    content: bytes


@dataclass(frozen=True)
class Inspected:
    """What was found out about a file that may be kept."""

    kind: Kind
    verdict: Verdict
    sha256: str


class AttachmentService:
    """Use cases around attachments. Scanning happens between two units, never inside one."""

    def __init__(
        self,
        attachments: Attachments,
        drafts: Drafts,
        drafting: DraftService,
        applications: Applications,
        audit: Audit,
        scanner: Scanner,
        database: Database,
    ) -> None:
        self._attachments = attachments
        self._drafts = drafts
        self._drafting = drafting
        self._applications = applications
        self._audit = audit
        self._scanner = scanner
        self._database = database

    async def attach(self, cmd: Attach) -> Refusal | None:
        """Keep a file, or say why it is not taken. Raises NotFound for somebody else's draft, TooWeak."""
        async with self._database.unit(cmd.who.tenant) as unit:
            field, ids = await self._field(cmd, unit)
        if refusal := _too_much(field, cmd, ids):
            return refusal
        found = await inspected(cmd.content, cmd.size, field.types, self._scanner)
        if isinstance(found, Refusal):
            return found
        async with self._database.unit(cmd.who.tenant) as unit:
            field, ids = await self._field(cmd, unit)
            if refusal := _too_much(field, cmd, ids):
                return refusal
            attachment = Attachment(
                new_id(),
                cmd.draft_id,
                cmd.who.subject,
                cmd.field,
                name_of(cmd.name, found.kind),
                found.kind,
                cmd.size,
                found.sha256,
                found.verdict,
                unit.clock.now(),
            )
            await self._attachments.add(unit, attachment, pieces(cmd.content))
            await self._note(cmd.draft_id, cmd.field, [*ids, attachment.id], cmd.who, unit)
        return None

    async def take_away(self, draft_id: str, attachment_id: str, who: Principal, unit: Unit) -> None:
        """Remove a file from a draft; one that is not there is gone already."""
        for found in await self._attachments.of(unit, draft_id):
            if found.id == attachment_id and found.subject == who.subject:
                draft = await self._drafts.get(unit, draft_id, who.subject)
                if draft is None:
                    return
                opened = await self._drafting.one(draft_id, draft.form, who, unit)
                require_for([opened.filled.form.fields[found.field]], who)
                ids = [one for one in draft.data.get(found.field, []) if one != attachment_id]
                await self._attachments.remove(unit, attachment_id)
                await self._note(draft_id, found.field, ids, who, unit)

    async def of(self, owner: str, who: Principal, unit: Unit) -> list[Attachment]:
        """Return what somebody has sent with a draft."""
        return [one for one in await self._attachments.of(unit, owner) if one.subject == who.subject]

    async def own(self, owner: str, attachment_id: str, who: Principal, unit: Unit) -> StoredFile:
        """Return a file somebody sent themselves. Raises NotFound for anybody else's."""
        found = await self._one(owner, attachment_id, who, unit)
        if found.subject != who.subject:
            raise NotTheirs(NONE, attachment_id, who)
        return StoredFile(found, await self._attachments.content(unit, attachment_id))

    async def for_the_desk(self, owner: str, attachment_id: str, who: Principal, unit: Unit) -> StoredFile:
        """Return a file of an application that was handed in, and note who read it."""
        require_in_scope(await self._applications.get(unit, owner), who)
        found = await self._one(owner, attachment_id, who, unit)
        await self._audit.note(unit, Action.DOCUMENT_READ, owner, Actor("person", who.subject))
        return StoredFile(found, await self._attachments.content(unit, attachment_id))

    async def _one(self, owner: str, attachment_id: str, who: Principal, unit: Unit) -> Attachment:
        for found in await self._attachments.of(unit, owner):
            if found.id == attachment_id:
                return found
        raise NotTheirs(NONE, attachment_id, who)

    async def _field(self, cmd: Attach, unit: Unit) -> tuple[Field, list[str]]:
        opened = await self._drafting.one(cmd.draft_id, cmd.form, cmd.who, unit)
        field = opened.filled.fields.get(cmd.field)
        if field is None or field.widget != "upload":
            raise NotFound("Hier wird keine Datei gebraucht.")
        require_for([field], cmd.who)
        return field, list(opened.draft.data.get(cmd.field, []))

    async def _note(self, draft_id: str, field: str, ids: list[str], who: Principal, unit: Unit) -> None:
        draft = await self._drafts.get(unit, draft_id, who.subject)
        if draft is None:
            raise NotFound(NONE)
        data = {name: value for name, value in draft.data.items() if name != field}
        await self._drafts.save(unit, replace(draft, data={**data, field: ids} if ids else data))


def _too_much(field: Field, cmd: Attach, ids: list[str]) -> Refusal | None:
    if cmd.size == 0:
        return Refusal.EMPTY
    if cmd.size > field.max_bytes:
        return Refusal.SIZE
    return Refusal.COUNT if len(ids) >= field.most else None


async def inspected(
    content: BinaryIO, size: int, types: Collection[str], scanner: Scanner
) -> Inspected | Refusal:
    """Tell what a file is and whether it is clean, or why it is not taken."""
    kind = kind_of(content, size)
    if kind is None or kind.value not in types:
        return Refusal.TYPE
    try:
        verdict = await scanner.scan(pieces(content))
    except Unavailable:
        log.warning("the scanner does not answer: a file was not taken")
        return Refusal.UNCHECKED
    if verdict is Verdict.INFECTED:
        log.warning("a file was refused: the scanner found something in it")
        return Refusal.INFECTED
    digest = hashlib.sha256()
    async for piece in pieces(content):
        digest.update(piece)
    return Inspected(kind, verdict, digest.hexdigest())


async def pieces(content: BinaryIO) -> AsyncIterator[bytes]:
    """A file's bytes from its beginning, a piece at a time."""
    content.seek(0)
    while piece := content.read(PIECE):
        yield piece
