# SPDX-License-Identifier: EUPL-1.2
"""Appointments with an office: held for a draft, booked with the application it becomes.

Row-level security knows no exclusion of overlapping spans without an extension; so who gives one away takes
the office's turn (an advisory lock), and the index below holds even where somebody forgets to.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointments",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        # Of a draft as long as it is held, and of the application the draft becomes.
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.SmallInteger, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("cancelled_by", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("tenant", "application_id", name="appointments_one"),
        sa.CheckConstraint("starts_at < ends_at", name="appointments_span"),
        sa.CheckConstraint("place > 0", name="appointments_place"),
        sa.CheckConstraint(
            "standing in ('held','booked','came','missed','cancelled')", name="appointments_standing"
        ),
        sa.CheckConstraint("(standing = 'held') = (held_until is not null)", name="appointments_held"),
        sa.CheckConstraint(
            "(standing = 'cancelled') = (cancelled_by is not null)", name="appointments_cancelled"
        ),
    )
    op.create_index(
        "appointments_taken",
        "appointments",
        ["tenant", "office", "starts_at", "place"],
        unique=True,
        postgresql_where=sa.text("standing <> 'cancelled'"),
    )
    op.create_index("appointments_at", "appointments", ["tenant", "starts_at"])
    protect(op, "forms", "appointments")


def downgrade() -> None:
    op.drop_table("appointments")
