# SPDX-License-Identifier: EUPL-1.2
"""How surely an applicant was logged in when they handed in."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("trust_level", sa.SmallInteger))


def downgrade() -> None:
    op.drop_column("applications", "trust_level")
