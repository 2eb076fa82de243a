# SPDX-License-Identifier: EUPL-1.2
"""Devices whose bytes are read here, not by their network."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("codec", sa.Text))


def downgrade() -> None:
    op.drop_column("devices", "codec")
