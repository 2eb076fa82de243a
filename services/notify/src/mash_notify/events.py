# SPDX-License-Identifier: EUPL-1.2
"""What notify listens to. It asks forms what to say before its unit opens."""

from typing import Annotated, Protocol

from mash.forms.v1.events_pb2 import ApplicationReceived, ApplicationSubmitted, DocumentIssued
from mash.forms.v1.forms_pb2 import GetApplicantResponse, GetNoticeResponse
from mash_notify.model import Kind
from mash_notify.service.notices import Notices, RememberContact, WriteNotice
from mash_sdk.database import Unit
from mash_sdk.kafka import EventContext, Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="notify")


class Applications(Protocol):
    """What is asked of the owner of applications before a unit opens."""

    async def applicant(self, tenant: str, application_id: str) -> GetApplicantResponse: ...

    async def notice(self, tenant: str, application_id: str) -> GetNoticeResponse: ...


Forms = Annotated[Applications, Provide(Applications)]
Use = Annotated[Notices, Provide(Notices)]


async def applicant_of(
    event: ApplicationSubmitted, context: EventContext, forms: Forms
) -> GetApplicantResponse:
    return await forms.applicant(context.tenant, event.application_id)


@subscriptions.on(ApplicationSubmitted, ask=applicant_of)
async def remember_contact(
    event: ApplicationSubmitted, applicant: GetApplicantResponse, unit: Unit, notices: Use
) -> None:
    command = RememberContact(
        about=event.application_id,
        subject=applicant.applicant_id,
        name=applicant.name,
        email=applicant.email,
        language=applicant.language,
    )
    await notices.remember(command, unit)


async def notice_of_received(
    event: ApplicationReceived, context: EventContext, forms: Forms
) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(ApplicationReceived, ask=notice_of_received)
async def say_received(
    event: ApplicationReceived, notice: GetNoticeResponse, unit: Unit, notices: Use
) -> None:
    await notices.write(_notice(event.application_id, Kind.RECEIVED, notice), unit)


async def notice_of_document(event: DocumentIssued, context: EventContext, forms: Forms) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(DocumentIssued, ask=notice_of_document)
async def say_decided(event: DocumentIssued, notice: GetNoticeResponse, unit: Unit, notices: Use) -> None:
    await notices.write(_notice(event.application_id, Kind.DECISION, notice), unit)


def _notice(about: str, kind: Kind, notice: GetNoticeResponse) -> WriteNotice:
    return WriteNotice(
        about=about,
        kind=kind,
        service_title=notice.service_title,
        reference=notice.reference,
        path=notice.path,
        office=notice.office,
    )
