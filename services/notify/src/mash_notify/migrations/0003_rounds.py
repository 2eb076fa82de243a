# SPDX-License-Identifier: EUPL-1.2
"""Rounds: who of an alert's many subscribers is still to be written to."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("thing_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("observed_at", MOMENT, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("journey", sa.Text),
        sa.UniqueConstraint("tenant", "alert_id", "kind", name="round_once"),
    )
    op.create_index("rounds_of_place", "rounds", ["tenant", "rule", "thing_id", "id"])
    protect(op, "notify", "rounds")


def downgrade() -> None:
    op.drop_table("rounds")
