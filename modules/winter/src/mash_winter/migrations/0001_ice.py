# SPDX-License-Identifier: EUPL-1.2
"""Readings as decisions need them, what holds of each segment, warnings and the decisions on them."""

import sqlalchemy as sa
from alembic import op

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
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("observed_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("future", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_index("readings_of_datastream", "readings", ["tenant", "datastream_id", "observed_at"])
    op.create_index("readings_by_age", "readings", ["received_at"])
    op.create_table(
        "states",
        tenant_column(primary_key=True),
        sa.Column("segment_id", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("hazard", sa.Text),
        sa.Column("held", sa.Text, nullable=False),
        sa.Column("held_hazard", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("warning_id", sa.Text),
        sa.CheckConstraint("level in ('none', 'possible', 'warning', 'unknown')", name="states_level"),
        sa.CheckConstraint("held in ('none', 'possible', 'warning')", name="states_held"),
    )
    op.create_table(
        "warnings",
        tenant_column(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("hazard", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
    )
    op.create_index(
        "warnings_open_once",
        "warnings",
        ["tenant", "segment_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_index("warnings_by_end", "warnings", ["resolved_at"])
    op.create_table(
        "decisions",
        tenant_column(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("warning_id", sa.Text, sa.ForeignKey("warnings.id", ondelete="cascade"), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("hazard", sa.Text),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("decisions_of_warning", "decisions", ["warning_id", "id"])
    protect(op, "winter", "readings", "states", "warnings", "decisions")


def downgrade() -> None:
    for table in ("decisions", "warnings", "states", "readings"):
        op.drop_table(table)
