# SPDX-License-Identifier: EUPL-1.2
"""What a sensor can measure at least and at most: beyond, it is broken."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datastreams", sa.Column("lowest", sa.Double))
    op.add_column("datastreams", sa.Column("highest", sa.Double))


def downgrade() -> None:
    op.drop_column("datastreams", "highest")
    op.drop_column("datastreams", "lowest")
