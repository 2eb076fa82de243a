# SPDX-License-Identifier: EUPL-1.2
"""Reports, and which of them may be the same thing."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("reporter", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('lost', 'found')", name="reports_kind"),
    )
    op.create_index("reports_of_reporter", "reports", ["tenant", "reporter", "id"])
    op.create_index("reports_alike", "reports", ["tenant", "kind", "category", "id"])
    op.create_table(
        "matches",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("lost_id", sa.Text, sa.ForeignKey("reports.id"), nullable=False),
        sa.Column("found_id", sa.Text, sa.ForeignKey("reports.id"), nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collect_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("lost_id", "found_id", name="matches_once"),
        sa.UniqueConstraint("tenant", "collect_at", name="matches_time_given_once"),
    )
    op.create_index("matches_of_found", "matches", ["found_id"])
    op.create_index(
        "matches_thing_given_once",
        "matches",
        ["found_id"],
        unique=True,
        postgresql_where=sa.text("collect_at is not null"),
    )
    protect(op, "lost_and_found", "reports", "matches")


def downgrade() -> None:
    op.drop_table("matches")
    op.drop_table("reports")
