# SPDX-License-Identifier: EUPL-1.2
"""The tables, and a message as a row and back."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, Row, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mash_notify.model import ContactPoint, Kind, Letter, Message, State
from mash_sdk.database import tenant_column

metadata = MetaData()

contact_points = Table(
    "contact_points",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("about", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("remembered_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("about", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("contact_id", Text, ForeignKey("contact_points.id", ondelete="SET NULL")),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("subject", Text),
    Column("text", Text),
    Column("html", Text),
    Column("unsubscribe", Text),
    Column("queued_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("claim", Text),
    Column("handed_over_at", DateTime(timezone=True)),
    Column("traceparent", Text),
    Column("journey", Text),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("subject", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("thing_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("alert_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("thing_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("observed_at", DateTime(timezone=True), nullable=False),
    Column("path", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("traceparent", Text),
    Column("journey", Text),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
)


def message_of(row: Row[Any]) -> Message:
    letter = None if row.text is None else Letter(row.subject, row.text, row.html, row.unsubscribe or "")
    return Message(
        id=row.id,
        about=row.about,
        kind=Kind(row.kind),
        recipient=row.recipient,
        contact_id=row.contact_id or "",
        letter=letter,
        queued_at=row.queued_at,
        due_at=row.due_at,
        changed_at=row.changed_at,
        channel=row.channel,
        state=State(row.state),
        attempts=row.attempts,
        handed_over=row.handed_over_at is not None,
    )


def changing(message: Message) -> Mapping[str, Any]:
    """The columns that change while a message is on its way."""
    letter = message.letter
    return {
        "state": message.state.value,
        "attempts": message.attempts,
        "subject": letter and letter.subject,
        "text": letter and letter.text,
        "html": letter and letter.html,
        "unsubscribe": (letter and letter.unsubscribe) or None,
        "due_at": message.due_at,
        "changed_at": message.changed_at,
    }


def contact_of(row: Row[Any]) -> ContactPoint:
    return ContactPoint(
        id=row.id,
        about=row.about,
        subject=row.subject,
        name=row.name,
        email=row.email,
        language=row.language,
        remembered_at=row.remembered_at,
    )


offers = Table(
    "offers",
    metadata,
    tenant_column(primary_key=True),
    Column("module", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("places", JSONB, nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
)
