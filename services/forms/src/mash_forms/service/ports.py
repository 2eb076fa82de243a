# SPDX-License-Identifier: EUPL-1.2
"""What the use cases need from outside, as Protocols; store.py and gateways/ fulfil them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from mash_forms.model.application import Application, Document, State
from mash_forms.model.conversation import Message, Note
from mash_forms.model.cosigning import Request
from mash_forms.model.draft import Draft
from mash_forms.model.files import Attachment, Verdict
from mash_forms.model.form import Form
from mash_forms.service.actions import Action as Action
from mash_sdk.database import Unit


@dataclass(frozen=True)
class Situation:
    """A life situation the catalogue can be looked through by."""

    slug: str
    title: str


@dataclass(frozen=True)
class City:
    """What forms needs to know of a municipality."""

    name: str
    title: str
    full_title: str
    reference_prefix: str
    timezone: str
    languages: tuple[str, ...]
    situations: tuple[Situation, ...]

    demo: bool


class Catalogue(Protocol):
    """A city's forms as they are now, in the order of their titles."""

    async def city(self, tenant: str) -> City: ...

    async def forms(self, tenant: str) -> Sequence[Form]: ...

    async def form(self, tenant: str, name: str) -> Form | None: ...


@dataclass(frozen=True)
class Paging:
    """A part of a list: at most `limit` entries after the cursor `after` (from the answer before)."""

    limit: int = 50
    after: str | None = None


@dataclass(frozen=True)
class Listing:
    """A part of a list, and the cursor of the next one if there is more."""

    items: Sequence[Application]
    next: str | None
    capped: bool = False
    """More cases hold the words than one search looks at: only the newest of them were narrowed further."""


@dataclass(frozen=True)
class QueueFilter:
    """What a clerk wants to see. What is None does not narrow."""

    state: State | None = None
    reference: str | None = None
    form: str | None = None
    office: str | None = None
    claimed_by: str | None = None
    """A clerk's subject."""
    due_before: date | None = None
    """Only what should have been done before that day."""
    words: str | None = None
    """What reference, applicant or answers hold, as people type it; of what is found, the newest."""
    offices: frozenset[str] | None = None
    """Those whose cases may be seen at all; None: every one's."""


@dataclass(frozen=True)
class Confirmation:
    """A clerk (subject) who confirmed something."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Case:
    """An application with the version of the form it stays with, and its documents."""

    application: Application
    form: Form
    documents: Sequence[Document]
    attachments: Sequence[Attachment] = ()
    cosignature: Request | None = None
    """The second signature it was handed in with."""
    proven: Confirmation | None = None
    """That a clerk confirmed the proof of acting for somebody else."""


@dataclass(frozen=True)
class StoredDocument:
    """A document with its bytes (PDF)."""

    document: Document
    content: bytes


class Applications(Protocol):
    """Where applications are kept. Each unit sees its tenant's only."""

    async def add(self, unit: Unit, application: Application) -> bool:
        """Keep a new one; False if its id is taken."""
        ...

    async def save(self, unit: Unit, application: Application) -> None: ...

    async def get(self, unit: Unit, application_id: str) -> Application | None: ...

    async def locked(self, unit: Unit, application_id: str) -> Application | None:
        """Get it and keep others from changing it until the unit ends."""
        ...

    async def reference_taken(self, unit: Unit, reference: str) -> bool: ...

    async def own(self, unit: Unit, subject: str, paging: Paging) -> Listing: ...

    async def queue(self, unit: Unit, wanted: QueueFilter, paging: Paging) -> Listing: ...


@dataclass(frozen=True)
class Figure:
    """How the work on one form stands. `median_days`: from handing in to decision; None: nothing decided."""

    form: str
    open: int
    overdue: int
    decided: int
    median_days: float | None


class Figures(Protocol):
    """Counts over cases."""

    async def by_form(
        self, unit: Unit, offices: frozenset[str] | None, today: date, since: datetime
    ) -> Sequence[Figure]:
        """Count what is open now, and what was decided since then."""
        ...


class Searching(Protocol):
    """What cases are found by."""

    async def index(self, unit: Unit, application: Application) -> None: ...


class Drafts(Protocol):
    """Where drafts are kept. Each statement sees those of one person (subject) only."""

    async def get(self, unit: Unit, draft_id: str, subject: str) -> Draft | None:
        """Get it and keep others from changing it until the unit ends."""
        ...

    async def save(self, unit: Unit, draft: Draft) -> bool:
        """Keep it; False if its id is somebody else's, or another form's."""
        ...

    async def own(self, unit: Unit, subject: str, limit: int) -> Sequence[Draft]:
        """Those that can be gone on with, the newest first."""
        ...

    async def count(self, unit: Unit, subject: str) -> int: ...

    async def remove(self, unit: Unit, draft_id: str, subject: str) -> None: ...


class FormVersions(Protocol):
    """Every version of a form that something was begun or handed in with."""

    async def keep(self, unit: Unit, form: Form) -> None: ...

    async def definition(self, unit: Unit, name: str, version: str) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Edition:
    """What was first seen under a version of a form: the fingerprint of its file, and the definition."""

    content: str
    definition: Mapping[str, Any]
    published_at: datetime


class Editions(Protocol):
    """What was published."""

    async def first(self, unit: Unit, form: Form) -> Edition:
        """Return what was first seen under the form's declared version: this form, if nothing was."""
        ...


@dataclass(frozen=True)
class Ended:
    """An application that has come to its end, for whose deletion there is no day yet."""

    tenant: str
    application_id: str
    form: str
    form_version: str
    ended_at: datetime


@dataclass(frozen=True)
class Gone:
    """What was deleted: an application (or draft), or a letter of it."""

    tenant: str
    application_id: str


class Expiry(Protocol):
    """What is to be deleted, and when."""

    async def ended(self, unit: Unit, limit: int) -> Sequence[Ended]:
        """Every tenant's, in a unit of the worker."""
        ...

    async def plan(
        self, unit: Unit, application_id: str, application: datetime, document: datetime
    ) -> None: ...

    async def delete(self, unit: Unit, kind: str, limit: int) -> Sequence[Gone]:
        """Delete some of every tenant's that are due and not on hold, with the keys of their cases."""
        ...


class Attachments(Protocol):
    """Files that applicants send. `owner` is the id of a draft, and of the application it becomes."""

    async def add(self, unit: Unit, attachment: Attachment, pieces: AsyncIterator[bytes]) -> None: ...

    async def of(self, unit: Unit, owner: str) -> Sequence[Attachment]: ...

    async def content(self, unit: Unit, attachment_id: str) -> bytes: ...

    async def remove(self, unit: Unit, attachment_id: str) -> None: ...


class Scanner(Protocol):
    """Looks for malware."""

    async def scan(self, pieces: AsyncIterator[bytes]) -> Verdict:
        """Raises Unavailable if it cannot be told."""
        ...


class Conversations(Protocol):
    """What is written about a case."""

    async def say(self, unit: Unit, message: Message) -> None: ...

    async def note(self, unit: Unit, note: Note) -> None: ...

    async def messages(self, unit: Unit, application_id: str) -> Sequence[Message]:
        """Return them in the order they were written."""
        ...

    async def notes(self, unit: Unit, application_id: str) -> Sequence[Note]: ...


class Documents(Protocol):
    """Letters with their bytes."""

    async def add(self, unit: Unit, document: Document, decision_id: str, content: bytes) -> bool:
        """Keep it; False if that decision has its document already."""
        ...

    async def of(self, unit: Unit, application_id: str) -> Sequence[Document]: ...

    async def get(self, unit: Unit, application_id: str, document_id: str) -> StoredDocument | None: ...


@dataclass(frozen=True)
class Actor:
    """Who saw or changed something: a person's subject, or a service by its client's name."""

    kind: str
    name: str


PLATFORM = Actor("service", "forms")


class Audit(Protocol):
    """An append-only trail: who saw or changed which application, and why."""

    async def note(
        self,
        unit: Unit,
        action: Action,
        application_id: str | None,
        by: Actor,
        purpose: str = "",
        detail: str = "",
        words: str = "",
    ) -> None:
        """Add a line. Neither `purpose` nor `detail` holds personal data: the trail never forgets.

        `words` may: they are kept under the key of the application, and go with it.
        """
        ...


@dataclass(frozen=True)
class Sheet:
    """All a letter or receipt says, as plain texts; what is printed from it is a PDF."""

    city: str
    office: str
    contact: Sequence[tuple[str, str]]
    title: str
    reference: str
    dated: date
    addressee: str
    text: str
    reason: str
    rows: Sequence[tuple[str, str]]
    validity: tuple[date, date] | None
    demo: bool
    rendered_at: datetime
    code: str = ""
    """By which anybody may ask whether it is genuine; empty where nobody may."""
    ask_at: str = ""
    automatic: str = ""
    """What a letter says of itself if a rule decided."""
    """The page where that is asked."""


@dataclass(frozen=True)
class PreparedSheet:
    """All a document for another authority says, as plain texts."""

    city: str
    authority: str
    contact: Sequence[tuple[str, str]]
    title: str
    dated: date
    name: str
    text: str
    rows: Sequence[tuple[str, str]]
    order: str
    """Where the order of the answers comes from."""
    notes: Sequence[str]
    papers: Sequence[str]
    demo: bool
    rendered_at: datetime


class Printer(Protocol):
    """Makes an accessible PDF (PDF/UA-1) of a sheet, away from the event loop."""

    async def print(self, sheet: Sheet) -> bytes: ...

    async def prepare(self, sheet: PreparedSheet) -> bytes:
        """Make the document for another authority."""
        ...
