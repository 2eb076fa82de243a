# SPDX-License-Identifier: EUPL-1.2
"""That a clerk confirmed somebody's proof of acting for another person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmed_proofs",
        tenant_column(primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("confirmed_by", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "application_id"], ["applications.tenant", "applications.id"]),
    )
    protect(op, "forms", "confirmed_proofs")


def downgrade() -> None:
    op.drop_table("confirmed_proofs")
