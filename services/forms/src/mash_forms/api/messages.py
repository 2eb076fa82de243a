# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. What office and applicant write to one another, and the office's notes, for programs."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Annotated

from pydantic import Base64Bytes, Field

from mash_forms.api.applications import ApplicationId, ApplicationView, Citizen, Clerk, Data, Person
from mash_forms.model.conversation import TEXT_LENGTH, Kind, Message, Note
from mash_forms.model.files import REFUSALS
from mash_forms.public import View
from mash_forms.service import AttachLater, ConversationService, LaterFiles, Write
from mash_forms.service.conversations import checked
from mash_forms.service.later_files import BYTES, MOST
from mash_sdk.http import IdempotencyKey, InUnit, Router
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/forms/v1", tags=["forms"])

Later = Annotated[LaterFiles, Provide(LaterFiles)]
Talking = Annotated[ConversationService, Provide(ConversationService)]


class Written(View):
    text: StorableText = Field(max_length=TEXT_LENGTH)


class NewFile(View):
    """A file that comes with an answer. `name` is what its sender calls it; its bytes tell what it is."""

    name: StorableText = Field(max_length=200)
    content: Base64Bytes = Field(max_length=BYTES * 4 // 3 + 4, description="base64")


class NewAnswer(Written):
    """An answer to what the office asked, with files: PDF, PNG or JPEG, at most 10 MB each."""

    files: list[NewFile] = Field(default_factory=list, max_length=MOST)


class MessageView(View):
    """Who of the office wrote it is nobody's business outside."""

    id: str
    kind: Kind
    from_office: bool
    text: str
    at: datetime

    @classmethod
    def of(cls, message: Message) -> "MessageView":
        return cls(
            id=message.id,
            kind=message.kind,
            from_office=message.from_office,
            text=message.text,
            at=message.at,
        )


class MessageList(View):
    items: Sequence[MessageView]


class NoteView(View):
    id: str
    name: str
    text: str
    at: datetime

    @classmethod
    def of(cls, note: Note) -> "NoteView":
        return cls(id=note.id, name=note.name, text=note.text, at=note.at)


class NoteList(View):
    items: Sequence[NoteView]


@router.get("/applications/{application_id}/messages")
async def list_messages(
    who: Person, unit: InUnit, talking: Talking, application_id: ApplicationId
) -> MessageList:
    """What office and applicant wrote: of one's own, or for clerks of a case of their offices."""
    found = await talking.messages(application_id, who, unit, for_office="clerk" in who.roles)
    return MessageList(items=[MessageView.of(one) for one in found])


@router.post("/applications/{application_id}/messages", status_code=201)
async def write(
    who: Person,
    unit: InUnit,
    talking: Talking,
    application_id: ApplicationId,
    body: Written,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> MessageView:
    """Write to the office, or as a clerk to the applicant."""
    cmd = Write(application_id, body.text, who)
    return MessageView.of(await talking.write(cmd, unit, from_office="clerk" in who.roles))


@router.post("/applications/{application_id}/answer")
async def answer(
    who: Citizen,
    talking: Talking,
    later: Later,
    data: Data,
    application_id: ApplicationId,
    body: NewAnswer,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Answer what the office asked, with files if there are some; the application goes back to it.

    A file that is not taken is told by its pointer, and the question stays open; files before it are kept.
    """
    checked(body.text)
    # Scanning takes its time: no transaction is open meanwhile.
    for at, file in enumerate(body.files):
        sent = AttachLater(application_id, file.name, BytesIO(file.content), len(file.content), who)
        if refusal := await later.attach(sent):
            reason, remedy = REFUSALS[refusal]
            raise Invalid(reason, errors=[Fault(f"/files/{at}", reason, remedy)])
    async with data.unit(who.tenant) as unit:
        return ApplicationView.of(await talking.answer(Write(application_id, body.text, who), unit))


@router.post("/cases/{application_id}/question")
async def ask(
    who: Clerk,
    unit: InUnit,
    talking: Talking,
    application_id: ApplicationId,
    body: Written,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Send a case back to the applicant, with what is asked for."""
    return ApplicationView.of(await talking.ask(Write(application_id, body.text, who), unit))


@router.get("/cases/{application_id}/notes")
async def list_notes(who: Clerk, unit: InUnit, talking: Talking, application_id: ApplicationId) -> NoteList:
    """What clerks noted on a case."""
    found = await talking.notes(application_id, who, unit)
    return NoteList(items=[NoteView.of(one) for one in found])


@router.post("/cases/{application_id}/notes", status_code=201)
async def note(
    who: Clerk,
    unit: InUnit,
    talking: Talking,
    application_id: ApplicationId,
    body: Written,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> NoteView:
    """Note something for colleagues; the applicant does not see it here."""
    return NoteView.of(await talking.note(Write(application_id, body.text, who), unit))
