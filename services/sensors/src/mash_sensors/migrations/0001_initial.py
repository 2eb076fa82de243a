# SPDX-License-Identifier: EUPL-1.2
"""Things."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "things",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("properties", JSONB),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("things_of_tenant", "things", ["tenant", "id"])
    protect(op, "sensors", "things")


def downgrade() -> None:
    op.drop_table("things")
