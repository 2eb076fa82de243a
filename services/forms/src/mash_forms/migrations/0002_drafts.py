# SPDX-License-Identifier: EUPL-1.2
"""Drafts: forms that somebody has begun to fill in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("form_version", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        sa.Column("seen", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["tenant", "form", "form_version"],
            ["form_versions.tenant", "form_versions.form", "form_versions.version"],
        ),
    )
    op.create_index("drafts_own", "drafts", ["tenant", "subject", "changed_at"])
    op.create_index("drafts_expire", "drafts", ["expires_at"])
    protect(op, "forms", "drafts")


def downgrade() -> None:
    op.drop_table("drafts")
