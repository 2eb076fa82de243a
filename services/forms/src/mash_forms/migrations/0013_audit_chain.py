# SPDX-License-Identifier: EUPL-1.2
"""The audit trail becomes a chain: lines get a number and a hash once, and nothing else of them changes."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.migrations import chain, unchain

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("detail", sa.Text, nullable=False, server_default=""))
    op.alter_column("audit", "application_id", nullable=True)
    chain(context.config.attributes["schema"], "audit")


def downgrade() -> None:
    unchain(context.config.attributes["schema"], "audit")
    op.drop_column("audit", "detail")
