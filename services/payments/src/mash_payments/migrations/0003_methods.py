# SPDX-License-Identifier: EUPL-1.2
"""Which method a payer chose for an attempt, and whether they left it for another."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("left", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("attempts", sa.Column("chosen", sa.Text, nullable=False, server_default="platform"))
    op.create_index("attempts_of_transaction", "attempts", ["provider", "transaction_id"])


def downgrade() -> None:
    op.drop_index("attempts_of_transaction", "attempts")
    op.drop_column("attempts", "chosen")
    op.drop_column("attempts", "left")
