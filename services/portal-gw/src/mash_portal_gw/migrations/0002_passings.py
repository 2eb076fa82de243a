# SPDX-License-Identifier: EUPL-1.2
"""What gateways tell each other of what they let pass, so that they share the limits."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passings",
        tenant_column(),
        sa.Column("process", sa.Text, primary_key=True, comment="random, new at each start"),
        sa.Column("turn", sa.Integer, primary_key=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column(
            "passed", sa.JSON, nullable=False, comment="times by limit and key; clients by a keyed hash"
        ),
        prefixes=["UNLOGGED"],
    )
    op.create_index("passings_said", "passings", ["said_at"])
    protect(op, "portal_gw", "passings")


def downgrade() -> None:
    op.drop_table("passings")
