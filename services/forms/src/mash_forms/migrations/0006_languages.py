# SPDX-License-Identifier: EUPL-1.2
"""The language somebody fills a form in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drafts", sa.Column("language", sa.Text, nullable=False, server_default="de"))


def downgrade() -> None:
    op.drop_column("drafts", "language")
