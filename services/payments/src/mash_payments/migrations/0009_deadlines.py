# SPDX-License-Identifier: EUPL-1.2
"""Until when a fee has to be paid, and what becomes of one that is not. Fees of before have no end."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("due_at", "ends_at", "next_step_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("payments", sa.Column(name, sa.DateTime(timezone=True)))
    op.create_index(
        "payments_next_step",
        "payments",
        ["next_step_at"],
        postgresql_where=sa.text("next_step_at is not null"),
    )
    _allow("'OPEN', 'STARTED', 'SETTLED', 'WAIVED', 'EXPIRED'", "'overpaid', 'mismatch', 'waived', 'expired'")


def downgrade() -> None:
    op.execute("update payments set state = 'WAIVED' where state = 'EXPIRED'")
    op.execute("update attempts set flag = 'waived' where flag = 'expired'")
    _allow("'OPEN', 'STARTED', 'SETTLED', 'WAIVED'", "'overpaid', 'mismatch', 'waived'")
    op.drop_index("payments_next_step", "payments")
    for name in reversed(COLUMNS):
        op.drop_column("payments", name)


def _allow(states: str, flags: str) -> None:
    for table, column, allowed in (("payments", "state", states), ("attempts", "flag", flags)):
        op.drop_constraint(f"{table}_{column}", table)
        op.create_check_constraint(f"{table}_{column}", table, f"{column} in ({allowed})")
