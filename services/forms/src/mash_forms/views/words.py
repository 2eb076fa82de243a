# SPDX-License-Identifier: EUPL-1.2
"""Words and templates the pages share."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path
from starlette.datastructures import FormData
from starlette.responses import Response

from mash_forms.model.application import Decision, Document, Outcome, State
from mash_forms.model.appointments import Appointment, Side, Standing
from mash_forms.model.cosigning import Cosigner
from mash_forms.model.days import german
from mash_forms.model.form import Form, Letter
from mash_forms.model.representing import represented_in
from mash_forms.model.times import clock_said, day_said, moment_said
from mash_forms.model.trust import NAMES
from mash_forms.service import (
    ApplicationService,
    AppointmentService,
    AttachmentService,
    Booking,
    CaseworkService,
    Catalogue,
    ConversationService,
    DeskService,
    DocumentService,
    DraftService,
    StoredDocument,
    StoredFile,
)
from mash_sdk import journey
from mash_sdk.database import Database
from mash_sdk.http import Allow, Pages, file_answer
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, NotFound
from mash_sdk.provide import Provide

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Clerk = Annotated[Principal, Depends(Allow("clerk"))]
Applying = Annotated[ApplicationService, Provide(ApplicationService)]
Keeping = Annotated[AppointmentService, Provide(AppointmentService)]
Bookings = Annotated[Booking, Provide(Booking)]
Attaching = Annotated[AttachmentService, Provide(AttachmentService)]
Data = Annotated[Database, Provide(Database)]
Letters = Annotated[DocumentService, Provide(DocumentService)]
Drafting = Annotated[DraftService, Provide(DraftService)]
Desk = Annotated[DeskService, Provide(DeskService)]
Talking = Annotated[ConversationService, Provide(ConversationService)]
Working = Annotated[CaseworkService, Provide(CaseworkService)]
Forms = Annotated[Catalogue, Provide(Catalogue)]
FormName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]

STATES: Mapping[State, str] = {
    State.INITIATED: "Angefangen",
    State.SUBMITTED: "Wartet auf Zahlung",
    State.RECEIVED: "Eingegangen",
    State.PROCESSING: "In Bearbeitung",
    State.ACTION_REQUIRED: "Rückfrage offen",
    State.COMPLETED: "Entschieden",
}
OUTCOMES: Mapping[Outcome, str] = {Outcome.APPROVED: "Genehmigt", Outcome.REJECTED: "Abgelehnt"}
STANDINGS: Mapping[Standing, str] = {
    Standing.HELD: "gehalten",
    Standing.BOOKED: "gebucht",
    Standing.CAME: "erschienen",
    Standing.MISSED: "nicht erschienen",
}
KINDS: Mapping[State, str] = {
    State.INITIATED: "info",
    State.SUBMITTED: "warning",
    State.RECEIVED: "info",
    State.PROCESSING: "info",
    State.ACTION_REQUIRED: "warning",
    State.COMPLETED: "success",
}


def size(number: int) -> str:
    """How large a file is, as people read it."""
    if number < 1 << 20:
        return f"{max(number // 1024, 1)} KB"
    return f"{number / (1 << 20):.1f} MB".replace(".", ",")


def letter(letters: Mapping[Outcome, Letter], document: Document, decision: Decision) -> str:
    """What a letter is called: of several that of its own kind, for a decision may have been reversed."""
    kinds = {one.kind: one.title for one in letters.values()}
    return kinds.get(document.kind, letters[decision.outcome].title)


def standing(appointment: Appointment) -> str:
    """How an appointment stands."""
    if appointment.standing is Standing.CANCELLED:
        return "abgesagt vom Amt" if appointment.cancelled_by is Side.OFFICE else "abgesagt"
    return STANDINGS[appointment.standing]


def shown_to(form: Form, cosigner: Cosigner) -> list[str]:
    """What of a form its second person sees, by the labels."""
    labels = {one.name: one.label for one in form.computed}
    labels |= {name: field.label for name, field in form.fields.items()}
    for name, field in form.fields.items():
        labels |= {f"{name}/{one.name}": f"{field.item}: {one.label}" for one in field.fields}
    return [labels[path] for path in cosigner.shows if path in labels]


pages = Pages(
    "mash_forms",
    filters={
        "state": STATES.__getitem__,
        "kind": KINDS.__getitem__,
        "outcome": OUTCOMES.__getitem__,
        "size": size,
        "date": german,
        "letter": letter,
        "standing": standing,
        "day_said": day_said,
        "moment_said": moment_said,
        "clock_said": clock_said,
        "shown": shown_to,
        "represented": represented_in,
        "trust": NAMES.__getitem__,
    },
)


def _found(text: str) -> str:
    try:
        return parse_id(text)
    except Invalid as err:
        raise NotFound("Diese Seite gibt es nicht.") from err


def is_id(text: str) -> bool:
    """Tell whether a text from an address is an id."""
    try:
        parse_id(text)
    except Invalid:
        return False
    return True


def shown_id(text: str) -> str:
    """Read an id from a page's address. Raises NotFound for what is none."""
    return _found(text)


async def _application(application_id: str) -> str:
    wanted = _found(application_id)
    journey.join(wanted)
    return wanted


async def _draft(draft_id: str) -> str:
    return await _application(draft_id)


async def _file(attachment_id: str) -> str:
    return _found(attachment_id)


async def _document(document_id: str) -> str:
    return _found(document_id)


ShownApplication = Annotated[str, Depends(_application)]
"""An application named in a page's address; what runs now belongs to its journey."""
ShownDraft = Annotated[str, Depends(_draft)]
"""A draft: the application it becomes has the same id, and so the same journey."""
ShownDocument = Annotated[str, Depends(_document)]


ShownFile = Annotated[str, Depends(_file)]


def download(stored: StoredFile) -> Response:
    """A file somebody sent, to be saved: it is never shown as part of our pages."""
    name = stored.attachment.name
    plain = name.encode("ascii", "ignore").decode().replace("\\", "").replace('"', "")
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(stored.content, media_type=stored.attachment.kind.media_type, headers=headers)


def shown_pdf(letter: StoredDocument) -> Response:
    """An answer the browser shows; its file's name holds kind and reference only."""
    return file_answer(letter.content, letter.document.file_name, "application/pdf", shown=True)


def texts(form: FormData) -> dict[str, str]:
    """The text fields of what a page sent; of several values the last."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
