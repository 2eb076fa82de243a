# SPDX-License-Identifier: EUPL-1.2
"""Readings, what is known of each bin, who emptied what, tour plans, and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "readings",
        tenant_column(primary_key=True),
        sa.Column("observation_id", sa.Text, primary_key=True),
        sa.Column("datastream_id", sa.Text, nullable=False),
        sa.Column("bin_id", sa.Text, nullable=False),
        sa.Column("level", sa.Double, nullable=False),
        sa.Column("observed_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("future", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_index("readings_of_bin", "readings", ["tenant", "bin_id", "observed_at"])
    op.create_index("readings_by_age", "readings", ["received_at"])
    op.create_table(
        "states",
        tenant_column(primary_key=True),
        sa.Column("bin_id", sa.Text, primary_key=True),
        sa.Column("level", sa.Double),
        sa.Column("observed_at", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("rate_low", sa.Double),
        sa.Column("rate_likely", sa.Double),
        sa.Column("rate_high", sa.Double),
        sa.Column("emptied_at", MOMENT),
        sa.Column("full", sa.Boolean, nullable=False),
        sa.Column("collection_at", MOMENT),
    )
    op.create_table(
        "emptyings",
        tenant_column(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("bin_id", sa.Text, nullable=False),
        sa.Column("emptied_at", MOMENT, nullable=False),
        sa.Column("vehicle", sa.Text),
        sa.Column("plan_id", sa.Text),
    )
    op.create_index("emptyings_of_plan_once", "emptyings", ["plan_id", "bin_id"], unique=True)
    op.create_index("emptyings_of_bin", "emptyings", ["tenant", "bin_id", "emptied_at"])
    op.create_index("emptyings_by_age", "emptyings", ["emptied_at"])
    op.create_table(
        "plans",
        tenant_column(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("fraction", sa.Text, nullable=False),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("problem", JSONB, nullable=False),
        sa.Column("plan", JSONB, nullable=False),
        sa.Column("violations", JSONB, nullable=False),
    )
    op.create_index("plans_of_tenant", "plans", ["tenant", "id"])
    op.create_index("plans_by_age", "plans", ["begins_at"])
    op.create_table(
        "deliveries",
        tenant_column(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("litres", sa.Integer, nullable=False),
        sa.Column("new_litres", sa.Integer),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.UniqueConstraint("tenant", "application_id", name="deliveries_once"),
    )
    op.create_index("deliveries_by_end", "deliveries", ["done_at"])
    protect(op, "waste", "readings", "states", "emptyings", "plans", "deliveries")


def downgrade() -> None:
    for table in ("deliveries", "plans", "emptyings", "states", "readings"):
        op.drop_table(table)
