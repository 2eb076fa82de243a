# SPDX-License-Identifier: EUPL-1.2
"""How long a sensor may say the same before it counts as stuck, and since when it does."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datastreams", sa.Column("stuck_seconds", sa.Integer))
    op.add_column("newest", sa.Column("same_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("newest", "same_since")
    op.drop_column("datastreams", "stuck_seconds")
