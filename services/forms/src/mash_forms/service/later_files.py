# SPDX-License-Identifier: EUPL-1.2
"""Files that an applicant sends after handing in, with an answer to what the office asked."""

from dataclasses import dataclass
from typing import BinaryIO

from mash_forms.model.application import Application, State
from mash_forms.model.files import Attachment, Kind, Refusal, name_of
from mash_forms.service.attachments import inspected, pieces
from mash_forms.service.ports import Action, Actor, Applications, Attachments, Audit, Scanner
from mash_forms.service.scope import require_own
from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict

MOST = 10
"""Files sent later to one application, at most."""
BYTES = 10 << 20
"""Of each, at most."""
LATER = ""
"""The field of such a file: it answers none of the form's."""


@dataclass(frozen=True)
class AttachLater:
    """Add a file to an application the office asked about. `name` is what the sender calls it."""

    application_id: str
    name: str
    content: BinaryIO
    size: int
    who: Principal


class LaterFiles:
    """Scanning happens between two units, never inside one."""

    def __init__(
        self,
        applications: Applications,
        attachments: Attachments,
        audit: Audit,
        scanner: Scanner,
        database: Database,
    ) -> None:
        self._applications = applications
        self._attachments = attachments
        self._audit = audit
        self._scanner = scanner
        self._database = database

    async def attach(self, cmd: AttachLater) -> Refusal | None:
        """Keep a file, or say why it is not taken. Raises NotFound for somebody else's application, Conflict
        if nothing was asked.
        """
        async with self._database.unit(cmd.who.tenant) as unit:
            await self._asked(cmd, unit)
        if cmd.size == 0:
            return Refusal.EMPTY
        if cmd.size > BYTES:
            return Refusal.SIZE
        found = await inspected(cmd.content, cmd.size, [kind.value for kind in Kind], self._scanner)
        if isinstance(found, Refusal):
            return found
        async with self._database.unit(cmd.who.tenant) as unit:
            application = await self._asked(cmd, unit)
            there = await self._attachments.of(unit, application.id)
            if any(one.field == LATER and one.sha256 == found.sha256 for one in there):
                return None  # sent once more, as after an answer that got lost
            if sum(one.field == LATER for one in there) >= MOST:
                return Refusal.COUNT
            attachment = Attachment(
                new_id(),
                application.id,
                cmd.who.subject,
                LATER,
                name_of(cmd.name, found.kind),
                found.kind,
                cmd.size,
                found.sha256,
                found.verdict,
                unit.clock.now(),
            )
            await self._attachments.add(unit, attachment, pieces(cmd.content))
            await self._audit.note(unit, Action.FILE_ADDED, application.id, Actor("person", cmd.who.subject))
        return None

    async def _asked(self, cmd: AttachLater, unit: Unit) -> Application:
        application = require_own(await self._applications.locked(unit, cmd.application_id), cmd.who)
        if application.state is not State.ACTION_REQUIRED:
            raise Conflict("Zu diesem Antrag ist gerade keine Frage offen.")
        return application
