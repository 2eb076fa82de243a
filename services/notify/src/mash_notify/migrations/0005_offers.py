# SPDX-License-Identifier: EUPL-1.2
"""Offers: what modules let people subscribe to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offers",
        tenant_column(primary_key=True),
        sa.Column("module", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("places", JSONB, nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
    )
    protect(op, "notify", "offers")


def downgrade() -> None:
    op.drop_table("offers")
