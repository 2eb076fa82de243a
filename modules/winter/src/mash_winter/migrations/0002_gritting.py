# SPDX-License-Identifier: EUPL-1.2
"""Gritting plans, and what drivers ticked off."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("follows", sa.Text, sa.ForeignKey("plans.id", ondelete="set null"), unique=True),
        sa.Column("icy", sa.Text),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("problem", JSONB, nullable=False),
        sa.Column("plan", JSONB, nullable=False),
        sa.Column("violations", JSONB, nullable=False),
    )
    op.create_index("plans_of_tenant", "plans", ["tenant", "id"])
    op.create_index("plans_by_age", "plans", ["made_at"])
    op.create_table(
        "plan_ticks",
        sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.id", ondelete="cascade"), primary_key=True),
        sa.Column("task", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("ticked_at", MOMENT, nullable=False),
    )
    protect(op, "winter", "plans", "plan_ticks")


def downgrade() -> None:
    op.drop_table("plan_ticks")
    op.drop_table("plans")
