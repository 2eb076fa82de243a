# SPDX-License-Identifier: EUPL-1.2
"""One row for each effect."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "probe0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handled",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        tenant_column(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("journey", sa.Text, nullable=False),
    )
    protect(op, "probe", "handled")


def downgrade() -> None:
    op.drop_table("handled")
