# SPDX-License-Identifier: EUPL-1.2
"""What subscribers were told of each warning."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told",
        tenant_column(),
        sa.Column("notice_id", sa.Text, primary_key=True),
        sa.Column("warning_id", sa.Text, sa.ForeignKey("warnings.id", ondelete="cascade"), nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("hazard", sa.Text),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("told_of_warning", "told", ["warning_id", "told_at"])
    protect(op, "winter", "told")


def downgrade() -> None:
    op.drop_table("told")
