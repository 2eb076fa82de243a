# SPDX-License-Identifier: EUPL-1.2
"""Alerts that rules open and resolve."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        tenant_column(),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("resolved_text", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("thing_id", sa.Text, sa.ForeignKey("things.id"), nullable=False),
        sa.Column("datastream_id", pg.UUID(as_uuid=False), sa.ForeignKey("datastreams.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("opened_value", sa.Double, nullable=False),
        sa.Column("opened_observed_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("resolved_by", pg.UUID(as_uuid=False)),
        sa.Column("resolved_value", sa.Double),
        sa.Column("resolved_observed_at", MOMENT),
        sa.CheckConstraint("state in ('open', 'resolved', 'withdrawn')", name="alert_state"),
    )
    op.create_index(
        "alert_open_once",
        "alerts",
        ["datastream_id", "rule"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("alerts_of_tenant", "alerts", ["tenant", "id"])
    protect(op, "sensors", "alerts")


def downgrade() -> None:
    op.drop_table("alerts")
