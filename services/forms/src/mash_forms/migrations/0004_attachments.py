# SPDX-License-Identifier: EUPL-1.2
"""Files that applicants send, their bytes in pieces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        # Of a draft, and of the application it becomes: both have the same id.
        sa.Column("owner", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("attachments_of", "attachments", ["tenant", "owner"])
    op.create_table(
        "attachment_pieces",
        tenant_column(primary_key=True),
        sa.Column("attachment_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "attachment_id"], ["attachments.tenant", "attachments.id"], ondelete="CASCADE"
        ),
    )
    protect(op, "forms", "attachments", "attachment_pieces")


def downgrade() -> None:
    op.drop_table("attachment_pieces")
    op.drop_table("attachments")
