# SPDX-License-Identifier: EUPL-1.2
"""What notify listens to. It asks forms and sensors what to say before its unit opens."""

from dataclasses import replace
from datetime import UTC
from typing import Annotated, Final, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1.events_pb2 import (
    ApplicationReceived,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CosignatureChanged,
    DocumentIssued,
    MessageWritten,
)
from mash.forms.v1.forms_pb2 import GetApplicantResponse, GetCosignatureResponse, GetNoticeResponse
from mash.payments.v1.events_pb2 import PaymentRefunded, PaymentReminded
from mash.sensors.v1.alerts_pb2 import GetAlertResponse
from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_notify.model import Kind
from mash_notify.service.notices import Notices, RememberContact, WriteNotice
from mash_notify.service.rounds import Rounds, TellAlert
from mash_sdk import kafka
from mash_sdk.database import Unit
from mash_sdk.kafka import EventContext
from mash_sdk.provide import Provide

subscriptions = kafka.Subscriptions(group="notify")

PAY: Final = "/pay"
"""Where an application's fee is shown, under the tenant's portal."""


class Applications(Protocol):
    """What is asked of the owner of applications before a unit opens."""

    async def applicant(self, tenant: str, application_id: str) -> GetApplicantResponse: ...

    async def notice(self, tenant: str, application_id: str) -> GetNoticeResponse: ...

    async def cosignature(self, tenant: str, request_id: str) -> GetCosignatureResponse: ...


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


async def notice_of_withdrawn(
    event: ApplicationWithdrawn, context: EventContext, forms: Forms
) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(ApplicationWithdrawn, ask=notice_of_withdrawn)
async def say_withdrawn(
    event: ApplicationWithdrawn, notice: GetNoticeResponse, unit: Unit, notices: Use
) -> None:
    kind = Kind.LAPSED if event.unpaid else Kind.WITHDRAWN
    await notices.write(_notice(event.application_id, kind, notice), unit)


async def notice_of_document(event: DocumentIssued, context: EventContext, forms: Forms) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(DocumentIssued, ask=notice_of_document)
async def say_decided(event: DocumentIssued, notice: GetNoticeResponse, unit: Unit, notices: Use) -> None:
    await notices.write(_notice(event.application_id, Kind.DECISION, notice), unit)


async def notice_of_message(event: MessageWritten, context: EventContext, forms: Forms) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(MessageWritten, ask=notice_of_message)
async def say_written(event: MessageWritten, notice: GetNoticeResponse, unit: Unit, notices: Use) -> None:
    kind = Kind.QUESTION if event.action_required else Kind.WRITTEN
    await notices.write(_notice(event.application_id, kind, notice, event.message_id), unit)


async def notice_of_reminded(
    event: PaymentReminded, context: EventContext, forms: Forms
) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(PaymentReminded, ask=notice_of_reminded)
async def remind(event: PaymentReminded, notice: GetNoticeResponse, unit: Unit, notices: Use) -> None:
    kind = Kind.PAYMENT_OVERDUE if event.overdue else Kind.PAYMENT_REMINDER
    end = event.ends_at if event.overdue else event.due_at
    said = _notice(event.application_id, kind, notice)
    path = f"{PAY}/{event.application_id}"
    await notices.write(replace(said, path=path, until=end.ToDatetime(tzinfo=UTC)), unit)


async def notice_of_refunded(
    event: PaymentRefunded, context: EventContext, forms: Forms
) -> GetNoticeResponse:
    return await forms.notice(context.tenant, event.application_id)


@subscriptions.on(PaymentRefunded, ask=notice_of_refunded)
async def say_refunded(event: PaymentRefunded, notice: GetNoticeResponse, unit: Unit, notices: Use) -> None:
    said = _notice(event.application_id, Kind.REFUNDED, notice, event.refund_id)
    # How much, and when, stands with the fee.
    await notices.write(replace(said, path=f"{PAY}/{event.application_id}"), unit)


async def people_of_cosignature(
    event: CosignatureChanged, context: EventContext, forms: Forms
) -> GetCosignatureResponse:
    return await forms.cosignature(context.tenant, event.request_id)


@subscriptions.on(CosignatureChanged, ask=people_of_cosignature)
async def say_cosignature(
    event: CosignatureChanged, told: GetCosignatureResponse, unit: Unit, notices: Use
) -> None:
    """Both are told that there is something to read; what, stands on the page."""
    for party in told.parties:
        person = RememberContact(party.about_id, party.subject_id, party.name, party.email, party.language)
        await notices.remember(person, unit)
        notice = WriteNotice(
            about=party.about_id,
            kind=Kind.COSIGNATURE,
            service_title=told.service_title,
            reference="",
            path=party.path,
            office=told.office,
            occasion=event.change_id,
        )
        await notices.write(notice, unit)


def _notice(about: str, kind: Kind, notice: GetNoticeResponse, occasion: str = "") -> WriteNotice:
    return WriteNotice(
        about=about,
        kind=kind,
        service_title=notice.service_title,
        reference=notice.reference,
        path=notice.path,
        office=notice.office,
        occasion=occasion,
    )


class Alerts(Protocol):
    """What is asked of the owner of alerts before a unit opens."""

    async def alert(self, tenant: str, alert_id: str) -> GetAlertResponse: ...


Sensors = Annotated[Alerts, Provide(Alerts)]
Told = Annotated[Rounds, Provide(Rounds)]


async def alert_that_opened(event: AlertOpened, context: EventContext, sensors: Sensors) -> GetAlertResponse:
    return await sensors.alert(context.tenant, event.alert_id)


@subscriptions.on(AlertOpened, ask=alert_that_opened)
async def warn(event: AlertOpened, alert: GetAlertResponse, unit: Unit, rounds: Told) -> None:
    await rounds.tell(_told(Kind.ALERT_OPENED, alert, alert.text, alert.reading, event.observed_at), unit)


async def alert_that_ended(event: AlertResolved, context: EventContext, sensors: Sensors) -> GetAlertResponse:
    return await sensors.alert(context.tenant, event.alert_id)


@subscriptions.on(AlertResolved, ask=alert_that_ended)
async def say_it_is_over(event: AlertResolved, alert: GetAlertResponse, unit: Unit, rounds: Told) -> None:
    told = _told(Kind.ALERT_RESOLVED, alert, alert.resolved_text, alert.last_reading, event.observed_at)
    await rounds.tell(told, unit)


def _told(kind: Kind, alert: GetAlertResponse, text: str, reading: str, observed_at: Timestamp) -> TellAlert:
    return TellAlert(
        alert_id=alert.alert_id,
        kind=kind,
        rule=alert.rule,
        thing_id=alert.thing_id,
        title=alert.title,
        text=text,
        place=alert.place,
        reading=reading,
        observed_at=observed_at.ToDatetime(tzinfo=UTC),
        path=alert.path,
    )
