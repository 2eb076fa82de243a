# SPDX-License-Identifier: EUPL-1.2
"""Messages between office and applicant, and the office's own notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[object] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "application_id"], ["applications.tenant", "applications.id"]),
    ]


def upgrade() -> None:
    op.create_table(
        "messages",
        tenant_column(primary_key=True),
        *_columns(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("from_office", sa.Boolean, nullable=False),
        sa.CheckConstraint("kind in ('question','answer','message')", name="messages_kind"),
    )
    op.create_table("notes", tenant_column(primary_key=True), *_columns())
    for table in ("messages", "notes"):
        op.create_index(f"{table}_of", table, ["tenant", "application_id", "at"])
    protect(op, "forms", "messages", "notes", append_only=True)


def downgrade() -> None:
    op.drop_table("notes")
    op.drop_table("messages")
