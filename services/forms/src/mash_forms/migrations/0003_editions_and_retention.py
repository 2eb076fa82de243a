# SPDX-License-Identifier: EUPL-1.2
"""What was published under a version of a form, and until when applications and letters are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editions",
        tenant_column(primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("definition", pg.JSONB, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    )
    protect(op, "forms", "editions", append_only=True)
    op.add_column("applications", sa.Column("delete_after", sa.DateTime(timezone=True)))
    op.add_column(
        "applications", sa.Column("legal_hold", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("documents", sa.Column("delete_after", sa.DateTime(timezone=True)))
    for table in ("applications", "documents"):
        op.create_index(f"{table}_expire", table, ["delete_after"])


def downgrade() -> None:
    for table in ("applications", "documents"):
        op.drop_index(f"{table}_expire", table)
        op.drop_column(table, "delete_after")
    op.drop_column("applications", "legal_hold")
    op.drop_table("editions")
