# SPDX-License-Identifier: EUPL-1.2
"""Office and applicant write to one another: ask, answer, say; and clerks note for one another."""

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1.events_pb2 import MessageWritten
from mash_forms.model.application import Application, Claimed, NotNow
from mash_forms.model.conversation import TEXT_LENGTH, Kind, Message, Note
from mash_forms.model.storable import storable
from mash_forms.model.workflow import Does
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Action, Actor, Applications, Audit, Conversations
from mash_forms.service.scope import claimed, require_in_scope, require_may, require_own
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid


@dataclass(frozen=True)
class Write:
    """Something a person writes about an application."""

    application_id: str
    text: str
    who: Principal


class ConversationService:
    """Use cases of writing. What an event says of it is that there is something to read, never what."""

    def __init__(
        self, applications: Applications, conversations: Conversations, audit: Audit, cases: Cases
    ) -> None:
        self._applications = applications
        self._conversations = conversations
        self._audit = audit
        self._cases = cases

    async def ask(self, cmd: Write, unit: Unit) -> Application:
        """Send a case back to the applicant, with what is asked for.

        Raises Invalid for a text that cannot be sent, Forbidden if the workflow leaves it to others, Conflict
        if it is not asked from here or a colleague has the case in work.
        """
        text = checked(cmd.text)
        application = await self._of_the_desk(cmd, unit)
        course = await self._cases.course(application, unit)
        require_may(course.workflow.way(application.stage, Does.ASK), cmd.who)
        now = unit.clock.now()
        try:
            application.ask(course.leads(application.stage, Does.ASK, now), cmd.who.subject, now)
        except Claimed as fault:
            raise claimed() from fault
        except NotNow as fault:
            raise Conflict("Von hier aus kann nichts zurückgegeben werden.") from fault
        await self._applications.save(unit, application)
        await self._say(application, Kind.QUESTION, text, cmd.who, unit, from_office=True)
        return application

    async def answer(self, cmd: Write, unit: Unit) -> Application:
        """Answer what the office asked; the case goes back to it. Raises Conflict if nothing was asked."""
        text = checked(cmd.text)
        application = await self._own(cmd, unit)
        course = await self._cases.course(application, unit)
        now = unit.clock.now()
        try:
            application.answer(course.leads(application.stage, Does.ANSWER, now), now)
        except NotNow as fault:
            raise Conflict("Zu diesem Antrag ist gerade keine Frage offen.") from fault
        await self._applications.save(unit, application)
        await self._say(application, Kind.ANSWER, text, cmd.who, unit, from_office=False)
        return application

    async def write(self, cmd: Write, unit: Unit, *, from_office: bool) -> Message:
        """Write to the other side; the case stays where it is."""
        text = checked(cmd.text)
        application = await (self._of_the_desk(cmd, unit) if from_office else self._own(cmd, unit))
        return await self._say(application, Kind.MESSAGE, text, cmd.who, unit, from_office=from_office)

    async def note(self, cmd: Write, unit: Unit) -> Note:
        """Note something for colleagues."""
        text = checked(cmd.text)
        application = await self._of_the_desk(cmd, unit)
        note = Note(new_id(), application.id, cmd.who.subject, cmd.who.name, text, unit.clock.now())
        await self._conversations.note(unit, note)
        await self._audit.note(unit, Action.NOTED, application.id, Actor("person", cmd.who.subject))
        return note

    async def messages(
        self, application_id: str, who: Principal, unit: Unit, *, for_office: bool
    ) -> Sequence[Message]:
        """Return what was written, in order. Raises NotFound for what the caller may not see."""
        found = await self._applications.get(unit, application_id)
        (require_in_scope if for_office else require_own)(found, who)
        return await self._conversations.messages(unit, application_id)

    async def messages_on(self, application: Application, unit: Unit) -> Sequence[Message]:
        """Return what was written about a case that the caller has before them already."""
        return await self._conversations.messages(unit, application.id)

    async def notes(self, application_id: str, who: Principal, unit: Unit) -> Sequence[Note]:
        """Return the office's notes on a case of the clerk's offices."""
        require_in_scope(await self._applications.get(unit, application_id), who)
        return await self._conversations.notes(unit, application_id)

    async def notes_on(self, application: Application, unit: Unit) -> Sequence[Note]:
        """Return the office's notes on a case that a clerk has before them already."""
        return await self._conversations.notes(unit, application.id)

    async def _say(
        self,
        application: Application,
        kind: Kind,
        text: str,
        who: Principal,
        unit: Unit,
        *,
        from_office: bool,
    ) -> Message:
        now = unit.clock.now()
        name = who.name if from_office else ""
        message = Message(new_id(), application.id, kind, from_office, who.subject, name, text, now)
        await self._conversations.say(unit, message)
        action = {Kind.QUESTION: Action.ASKED, Kind.ANSWER: Action.ANSWERED}.get(kind, Action.WRITTEN)
        await self._audit.note(unit, action, application.id, Actor("person", who.subject))
        if from_office:
            written_at = Timestamp()
            written_at.FromDatetime(now)
            unit.announce(
                MessageWritten(
                    application_id=application.id,
                    applicant_id=application.applicant.subject,
                    message_id=message.id,
                    written_at=written_at,
                    action_required=kind is Kind.QUESTION,
                )
            )
        return message

    async def _of_the_desk(self, cmd: Write, unit: Unit) -> Application:
        return require_in_scope(await self._applications.locked(unit, cmd.application_id), cmd.who)

    async def _own(self, cmd: Write, unit: Unit) -> Application:
        return require_own(await self._applications.locked(unit, cmd.application_id), cmd.who)


def checked(text: str) -> str:
    """Return a text that can be sent. Raises Invalid, with the pointer `/text`, for any other."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise _wrong("Der Text fehlt.", "Schreiben Sie, worum es geht.")
    if len(text) > TEXT_LENGTH:
        raise _wrong("Der Text ist zu lang.", f"Schreiben Sie höchstens {TEXT_LENGTH} Zeichen.")
    if not storable(text):
        raise _wrong("Der Text enthält ein Zeichen, das nicht erlaubt ist.", "Geben Sie ihn neu ein.")
    return text


def _wrong(why: str, remedy: str) -> Invalid:
    return Invalid(why, errors=[Fault("/text", why, remedy)])
