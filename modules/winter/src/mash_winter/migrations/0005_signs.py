# SPDX-License-Identifier: EUPL-1.2
"""What each variable message sign is to show, and what it said."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signs",
        tenant_column(primary_key=True),
        sa.Column("sign_id", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("wanted_at", MOMENT),
        sa.Column("warning_id", sa.Text),
        sa.Column("traceparent", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("taken_at", MOMENT),
        sa.Column("confirmed_since", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("fault", sa.Text, nullable=False),
        sa.CheckConstraint("wanted in ('blank', 'ice')", name="signs_wanted"),
    )
    op.create_index("signs_due", "signs", ["due_at"])
    protect(op, "winter", "signs")


def downgrade() -> None:
    op.drop_table("signs")
