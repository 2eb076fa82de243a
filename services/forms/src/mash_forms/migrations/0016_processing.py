# SPDX-License-Identifier: EUPL-1.2
"""Decisions of two people, decisions of rules and their reversal."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposals",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_how", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_sealed", sa.LargeBinary),
        sa.ForeignKeyConstraint(["tenant", "application_id"], ["applications.tenant", "applications.id"]),
        sa.CheckConstraint("ended_by <> proposed_by", name="proposals_four_eyes"),
        sa.CheckConstraint("ended_how in ('confirmed','refused')", name="proposals_ended"),
    )
    op.create_index(
        "proposals_open",
        "proposals",
        ["tenant", "application_id"],
        unique=True,
        postgresql_where=sa.text("ended_how is null"),
    )
    op.create_index("proposals_of", "proposals", ["tenant", "application_id"])
    protect(op, "forms", "proposals")
    op.add_column("decisions", sa.Column("proposed_by", sa.Text))
    op.add_column("decisions", sa.Column("automatic", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("decisions", sa.Column("reversed_at", sa.DateTime(timezone=True)))
    op.add_column("decisions", sa.Column("reversed_by", sa.Text))
    op.drop_constraint("decisions_one", "decisions")
    op.create_index(
        "decisions_one",
        "decisions",
        ["tenant", "application_id"],
        unique=True,
        postgresql_where=sa.text("reversed_at is null"),
    )
    op.create_table(
        "automatic_runs",
        tenant_column(primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("sampled", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True)),
    )
    protect(op, "forms", "automatic_runs")
    op.create_check_constraint("decisions_four_eyes", "decisions", "proposed_by <> decided_by")


def downgrade() -> None:
    op.drop_constraint("decisions_four_eyes", "decisions")
    op.drop_table("automatic_runs")
    op.drop_index("decisions_one", "decisions")
    op.execute("alter table decisions no force row level security")
    op.execute("delete from decisions where reversed_at is not null")
    op.execute("alter table decisions force row level security")
    op.create_unique_constraint("decisions_one", "decisions", ["tenant", "application_id"])
    for column in ("reversed_by", "reversed_at", "automatic", "proposed_by"):
        op.drop_column("decisions", column)
    op.drop_table("proposals")
