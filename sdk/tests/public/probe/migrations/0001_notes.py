# SPDX-License-Identifier: EUPL-1.2
"""The notes of the board."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        tenant_column(primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
    )
    protect(op, context.config.attributes["schema"], "notes")


def downgrade() -> None:
    op.drop_table("notes")
