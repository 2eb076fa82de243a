# SPDX-License-Identifier: EUPL-1.2
"""Applications, their history, decisions and documents, the forms they stay with, and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("audit", "documents", "decisions", "history", "applications", "form_versions")


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _application() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant", "application_id"], ["applications.tenant", "applications.id"])


def upgrade() -> None:
    op.create_table(
        "form_versions",
        tenant_column(primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("definition", pg.JSONB, nullable=False),
    )
    op.create_table(
        "applications",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("form_version", sa.Text, nullable=False),
        sa.Column("applicant_subject", sa.Text, nullable=False),
        sa.Column("applicant_name", sa.Text, nullable=False),
        sa.Column("applicant_email", sa.Text, nullable=False),
        sa.Column("applicant_language", sa.Text, nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        sa.Column("fee_cents", sa.BigInteger),
        sa.Column("fee_currency", sa.Text),
        sa.Column("receipt_number", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        # The desk's order: what waits for the office, what waits for the applicant, what is done.
        sa.Column(
            "rank",
            sa.SmallInteger,
            sa.Computed(
                "case when state in ('RECEIVED', 'PROCESSING') then 0"
                " when state = 'COMPLETED' then 2 else 1 end",
                persisted=True,
            ),
        ),
        _at("submitted_at"),
        _at("changed_at"),
        sa.UniqueConstraint("tenant", "reference", name="applications_reference"),
        sa.ForeignKeyConstraint(
            ["tenant", "form", "form_version"],
            ["form_versions.tenant", "form_versions.form", "form_versions.version"],
        ),
        sa.CheckConstraint(
            "state in ('INITIATED','SUBMITTED','RECEIVED','PROCESSING','ACTION_REQUIRED','COMPLETED')",
            name="applications_state",
        ),
        sa.CheckConstraint("(fee_cents is null) = (fee_currency is null)", name="applications_fee"),
    )
    op.create_index("applications_queue", "applications", ["tenant", "rank", "submitted_at", "id"])
    op.create_index("applications_by_state", "applications", ["tenant", "state", "submitted_at", "id"])
    op.create_index("applications_own", "applications", ["tenant", "applicant_subject", "submitted_at", "id"])
    op.create_table(
        "history",
        tenant_column(primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        _at("at"),
        sa.Column("by", sa.Text),
        _application(),
    )
    op.create_table(
        "decisions",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        _at("decided_at"),
        _application(),
        sa.UniqueConstraint("tenant", "application_id", name="decisions_one"),
        sa.CheckConstraint("outcome in ('APPROVED','REJECTED')", name="decisions_outcome"),
    )
    op.create_table(
        "documents",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("decision_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        _at("issued_at"),
        _application(),
        sa.UniqueConstraint("tenant", "decision_id", name="documents_one"),
    )
    op.create_index("documents_of", "documents", ["tenant", "application_id"])
    op.create_table(
        "audit",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        _at("at"),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
    )
    op.create_index("audit_of", "audit", ["tenant", "application_id", "at"])
    protect(op, "forms", "applications", "decisions", "documents")
    protect(op, "forms", "form_versions", "history", "audit", append_only=True)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
