# SPDX-License-Identifier: EUPL-1.2
"""Who saw or changed what: a chained trail."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import chain, protect, unchain

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = context.config.attributes["schema"]
    op.create_table(
        "audit",
        tenant_column(primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("audit_of", "audit", ["tenant", "payment_id", "at"])
    protect(op, schema, "audit", append_only=True)
    chain(schema, "audit")


def downgrade() -> None:
    unchain(context.config.attributes["schema"], "audit")
    op.drop_table("audit")
