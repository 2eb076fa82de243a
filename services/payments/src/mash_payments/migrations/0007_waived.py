# SPDX-License-Identifier: EUPL-1.2
"""Fees that are not due any more, because the application was taken back."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow("'OPEN', 'STARTED', 'SETTLED', 'WAIVED'", "'overpaid', 'mismatch', 'waived'")


def downgrade() -> None:
    _allow("'OPEN', 'STARTED', 'SETTLED'", "'overpaid', 'mismatch'")


def _allow(states: str, flags: str) -> None:
    for table, column, allowed in (("payments", "state", states), ("attempts", "flag", flags)):
        op.drop_constraint(f"{table}_{column}", table)
        op.create_check_constraint(f"{table}_{column}", table, f"{column} in ({allowed})")
