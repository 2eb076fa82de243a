# SPDX-License-Identifier: EUPL-1.2
"""Whether somebody has checked that the applicant's address is theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("applicant_email_verified", sa.Boolean, nullable=False, server_default=sa.true())
    op.add_column("applications", column)


def downgrade() -> None:
    op.drop_column("applications", "applicant_email_verified")
