# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. Forms and applications for programs, under /api/forms/v1."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from pydantic import Field

from mash_forms.model.application import Application, Document, Outcome, State
from mash_forms.model.reference import read_reference
from mash_forms.public import FormDetail, FormList, MoneyView, View, catalogue_of, form_of
from mash_forms.service import (
    ApplicationService,
    Case,
    Catalogue,
    Decide,
    DeskService,
    DocumentService,
    Paging,
    QueueFilter,
    Submit,
)
from mash_sdk import journey
from mash_sdk.database import Database
from mash_sdk.http import After, Allow, IdempotencyKey, InUnit, Limit, Router, file_answer
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Fault, Forbidden, Invalid, NotFound
from mash_sdk.provide import Provide

router = Router(prefix="/api/forms/v1", tags=["forms"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Clerk = Annotated[Principal, Depends(Allow("clerk"))]
Person = Annotated[Principal, Depends(Allow("citizen", "clerk"))]
Applying = Annotated[ApplicationService, Provide(ApplicationService)]
Data = Annotated[Database, Provide(Database)]
Letters = Annotated[DocumentService, Provide(DocumentService)]
Desk = Annotated[DeskService, Provide(DeskService)]
Forms = Annotated[Catalogue, Provide(Catalogue)]
FormName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="the form's name")]
_Id = Annotated[str, Path(max_length=36, description="UUIDv7")]

PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


async def _application(application_id: _Id) -> str:
    wanted = parse_id(application_id, "?application_id")
    journey.join(wanted)
    return wanted


async def _document(document_id: _Id) -> str:
    return parse_id(document_id, "?document_id")


ApplicationId = Annotated[str, Depends(_application)]
"""An application named in the path; what runs now belongs to its journey."""
DocumentId = Annotated[str, Depends(_document)]


class NewApplication(View):
    """Answers to a form. `id` (UUIDv7) makes sending twice harmless; without it a new one is taken."""

    form: str = Field(max_length=80)
    data: dict[str, Any]
    id: str | None = Field(None, max_length=36)


class DecisionView(View):
    outcome: Outcome
    reason: str
    decided_at: datetime


class DocumentView(View):
    id: str
    kind: str
    file_name: str
    issued_at: datetime

    @classmethod
    def of(cls, document: Document) -> "DocumentView":
        return cls(
            id=document.id, kind=document.kind, file_name=document.file_name, issued_at=document.issued_at
        )


class ApplicationView(View):
    id: str
    reference: str
    form: str
    form_version: str
    state: State
    fee: MoneyView | None
    fee_due: bool
    receipt_number: str
    submitted_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None
    decision: DecisionView | None

    @classmethod
    def of(cls, application: Application) -> "ApplicationView":
        return cls(**_application_fields(application))


class StepView(View):
    state: State
    at: datetime


class ApplicationDetail(ApplicationView):
    """An application with its answers, its history and its documents."""

    data: dict[str, Any]
    history: Sequence[StepView]
    documents: Sequence[DocumentView]

    @classmethod
    def of_case(cls, case: Case) -> "ApplicationDetail":
        application = case.application
        return cls(
            **_application_fields(application),
            data=application.data,
            history=[StepView(state=step.state, at=step.at) for step in application.public_history],
            documents=[DocumentView.of(document) for document in case.documents],
        )


class ApplicationList(View):
    items: Sequence[ApplicationView]
    next: str | None


class NewDecision(View):
    outcome: Outcome
    reason: str = Field("", max_length=4000)


@router.get("/forms", response_model=FormList)
async def list_forms(
    request: Request,
    who: Anyone,
    forms: Forms,
    q: Annotated[str, Query(max_length=200, description="words to look for")] = "",
) -> Response:
    """The city's forms that hold these words, or all."""
    found = [form for form in await forms.forms(who.tenant) if form.matches(q)]
    return catalogue_of(found).answer(request)


@router.get("/forms/{name}", response_model=FormDetail)
async def one_form(request: Request, who: Anyone, forms: Forms, name: FormName) -> Response:
    """A form with the JSON Schema of its data and its fee."""
    form = await forms.form(who.tenant, name)
    if form is None:
        raise NotFound("Dieses Formular gibt es nicht.")
    return form_of(form).answer(request)


@router.post("/applications", status_code=201)
async def submit(
    who: Citizen,
    unit: InUnit,
    applications: Applying,
    body: NewApplication,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Hand in an application. It has to be paid next where its form has a fee."""
    application_id = parse_id(body.id) if body.id is not None else new_id()
    journey.join(application_id)
    cmd = Submit(application_id, body.form, body.data, who)
    return ApplicationView.of(await applications.submit(cmd, unit))


@router.get("/applications")
async def list_applications(
    who: Person,
    unit: InUnit,
    applications: Applying,
    desk_service: Desk,
    desk: Annotated[bool, Query(description="the desk's, for clerks; else one's own")] = False,  # noqa: FBT002
    state: Annotated[State | None, Query(description="only with `desk`")] = None,
    reference: Annotated[str | None, Query(max_length=40, description="only with `desk`")] = None,
    limit: Limit = 50,
    after: After = None,
) -> ApplicationList:
    """The caller's own applications, newest first; for clerks the desk's queue with `desk`."""
    paging = Paging(limit, after)
    if not desk:
        listing = await applications.own(who, paging, unit)
    elif "clerk" not in who.roles:
        raise Forbidden("Dafür fehlt Ihnen die Berechtigung.", kind="missing-role")
    else:
        listing = await desk_service.queue(QueueFilter(state, typed_reference(reference)), paging, who, unit)
    return ApplicationList(items=[ApplicationView.of(item) for item in listing.items], next=listing.next)


@router.get("/applications/{application_id}")
async def one_application(
    who: Person, unit: InUnit, applications: Applying, desk: Desk, application_id: ApplicationId
) -> ApplicationDetail:
    """An application with answers, history and documents: one's own, or any for clerks."""
    if "clerk" in who.roles:
        return ApplicationDetail.of_case(await desk.case(application_id, who, unit))
    return ApplicationDetail.of_case(await applications.one(application_id, who, unit))


@router.post("/applications/{application_id}/decision")
async def decide(
    who: Clerk,
    unit: InUnit,
    desk: Desk,
    application_id: ApplicationId,
    body: NewDecision,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Approve or reject an application. The applicant gets a letter."""
    return ApplicationView.of(await desk.decide(Decide(application_id, body.outcome, body.reason, who), unit))


@router.post("/applications/{application_id}/withdrawal")
async def withdraw(
    who: Citizen,
    unit: InUnit,
    applications: Applying,
    application_id: ApplicationId,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Take an application of one's own back, until it is decided. Twice is once."""
    return ApplicationView.of(await applications.withdraw(application_id, who, unit))


@router.get("/applications/{application_id}/receipt", response_class=Response, responses=PDF)
async def receipt(who: Citizen, letters: Letters, data: Data, application_id: ApplicationId) -> Response:
    """That an application of one's own was handed in, and what, as PDF."""
    # Printing takes its time: no transaction is open meanwhile.
    async with data.unit(who.tenant) as unit:
        sheet = await letters.receipt(application_id, who, unit)
    return file_answer(await letters.render(sheet), f"eingang-{sheet.reference}.pdf", "application/pdf")


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response, responses=PDF)
async def document(
    who: Person,
    unit: InUnit,
    applications: Applying,
    desk: Desk,
    application_id: ApplicationId,
    document_id: DocumentId,
) -> Response:
    """A letter as PDF."""
    service = desk if "clerk" in who.roles else applications
    letter = await service.document(application_id, document_id, who, unit)
    return file_answer(letter.content, letter.document.file_name, "application/pdf")


def typed_reference(typed: str | None) -> str | None:
    """Read a reference from an address. Raises Invalid for what is none."""
    if typed is None:
        return None
    reference = read_reference(typed)
    if reference is None:
        fault = Fault("?reference", "ist kein Aktenzeichen", "So schreiben, wie es auf dem Schreiben steht.")
        raise Invalid("Das Aktenzeichen ist nicht richtig geschrieben.", errors=[fault])
    return reference


def _application_fields(application: Application) -> dict[str, Any]:
    decision = application.decision
    return {
        "id": application.id,
        "reference": application.reference,
        "form": application.form,
        "form_version": application.form_version,
        "state": application.state,
        "fee": MoneyView.of(application.fee),
        "fee_due": application.fee_due,
        "receipt_number": application.receipt_number,
        "submitted_at": application.submitted_at,
        "changed_at": application.changed_at or application.submitted_at,
        "withdrawn_at": application.withdrawn_at,
        "decision": DecisionView(
            outcome=decision.outcome, reason=decision.reason, decided_at=decision.decided_at
        )
        if decision
        else None,
    }
