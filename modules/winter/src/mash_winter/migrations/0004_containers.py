# SPDX-License-Identifier: EUPL-1.2
"""How full grit containers are."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "container_levels",
        tenant_column(primary_key=True),
        sa.Column("observation_id", sa.Text, primary_key=True),
        sa.Column("datastream_id", sa.Text, nullable=False),
        sa.Column("container_id", sa.Text, nullable=False),
        sa.Column("percent", sa.Double, nullable=False),
        sa.Column("observed_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("future", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_index("levels_of_container", "container_levels", ["tenant", "container_id", "observed_at"])
    op.create_index("levels_by_age", "container_levels", ["received_at"])
    op.create_table(
        "containers",
        tenant_column(primary_key=True),
        sa.Column("container_id", sa.Text, primary_key=True),
        sa.Column("percent", sa.Double),
        sa.Column("observed_at", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("rate_low", sa.Double),
        sa.Column("rate_likely", sa.Double),
        sa.Column("rate_high", sa.Double),
        sa.Column("refilled_at", MOMENT),
        sa.Column("planned_at", MOMENT),
    )
    protect(op, "winter", "container_levels", "containers")


def downgrade() -> None:
    op.drop_table("containers")
    op.drop_table("container_levels")
