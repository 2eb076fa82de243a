# SPDX-License-Identifier: EUPL-1.2
"""The tables as SQLAlchemy sees them; migrations/ makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

from mash_sdk.database import tenant_column

TABLES = MetaData()
ID = UUID(as_uuid=False)
TIME = DateTime(timezone=True)

form_versions = Table(
    "form_versions",
    TABLES,
    tenant_column(),
    Column("form", Text),
    Column("version", Text),
    Column("definition", JSONB),
)
applications = Table(
    "applications",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("reference", Text),
    Column("form", Text),
    Column("form_version", Text),
    Column("applicant_subject", Text),
    Column("applicant_name", Text),
    Column("applicant_email", Text),
    Column("applicant_language", Text),
    Column("applicant_email_verified", Boolean),
    Column("data", JSONB),
    Column("fee_cents", BigInteger),
    Column("fee_currency", Text),
    Column("receipt_number", Text),
    Column("state", Text),
    Column("rank", SmallInteger),
    Column("submitted_at", TIME),
    Column("changed_at", TIME),
    Column("withdrawn_at", TIME),
    Column("consent", JSONB(none_as_null=True)),
    Column("delete_after", TIME),
    Column("legal_hold", Boolean),
    Column("office", Text),
    Column("claimed_by", Text),
    Column("claimed_name", Text),
    Column("claimed_at", TIME),
    Column("stage", Text),
    Column("due_on", Date),
)
editions = Table(
    "editions",
    TABLES,
    tenant_column(),
    Column("form", Text),
    Column("version", Text),
    Column("content", Text),
    Column("definition", JSONB),
    Column("published_at", TIME),
)
drafts = Table(
    "drafts",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("form", Text),
    Column("form_version", Text),
    Column("subject", Text),
    Column("data", JSONB),
    Column("seen", ARRAY(Text)),
    Column("language", Text),
    Column("consent", JSONB(none_as_null=True)),
    Column("changed_at", TIME),
    Column("expires_at", TIME),
    Column("deleted_at", TIME),
)
history = Table(
    "history",
    TABLES,
    tenant_column(),
    Column("application_id", ID),
    Column("number", Integer),
    Column("state", Text),
    Column("at", TIME),
    Column("by", Text),
    Column("stage", Text),
)
decisions = Table(
    "decisions",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("application_id", ID),
    Column("outcome", Text),
    Column("reason", Text),
    Column("decided_by", Text),
    Column("decided_at", TIME),
)
documents = Table(
    "documents",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("application_id", ID),
    Column("decision_id", ID),
    Column("kind", Text),
    Column("file_name", Text),
    Column("content", LargeBinary),
    Column("issued_at", TIME),
    Column("delete_after", TIME),
)
audit = Table(
    "audit",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("at", TIME),
    Column("action", Text),
    Column("application_id", ID),
    Column("actor_kind", Text),
    Column("actor", Text),
    Column("purpose", Text),
)
attachments = Table(
    "attachments",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("owner", ID),
    Column("subject", Text),
    Column("field", Text),
    Column("name", Text),
    Column("kind", Text),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("verdict", Text),
    Column("uploaded_at", TIME),
)
attachment_pieces = Table(
    "attachment_pieces",
    TABLES,
    tenant_column(),
    Column("attachment_id", ID),
    Column("number", Integer),
    Column("content", LargeBinary),
)
messages = Table(
    "messages",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("application_id", ID),
    Column("kind", Text),
    Column("from_office", Boolean),
    Column("by", Text),
    Column("name", Text),
    Column("text", Text),
    Column("at", TIME),
)
notes = Table(
    "notes",
    TABLES,
    tenant_column(),
    Column("id", ID),
    Column("application_id", ID),
    Column("by", Text),
    Column("name", Text),
    Column("text", Text),
    Column("at", TIME),
)
search = Table(
    "search",
    TABLES,
    tenant_column(),
    Column("application_id", ID),
    Column("words", TSVECTOR),
)
