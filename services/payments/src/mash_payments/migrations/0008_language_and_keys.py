# SPDX-License-Identifier: EUPL-1.2
"""What the payer read the application in, and whether an Idempotency-Key opened the attempt it names."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("language", sa.Text, nullable=False, server_default="de"))
    op.add_column("attempt_keys", sa.Column("opened", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("attempt_keys", "opened")
    op.drop_column("payments", "language")
