# SPDX-License-Identifier: EUPL-1.2
"""The consent to answers that were taken over from an earlier application."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("drafts", "applications"):
        op.add_column(table, sa.Column("consent", pg.JSONB))


def downgrade() -> None:
    for table in ("drafts", "applications"):
        op.drop_column(table, "consent")
