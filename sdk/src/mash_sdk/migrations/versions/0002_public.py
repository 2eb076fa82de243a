# SPDX-License-Identifier: EUPL-1.2
"""Public documents: an outbox row may be a tombstone, and what was published last is known."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("outbox", "value", nullable=True)
    op.create_index(
        "outbox_documents",
        "outbox",
        ["key"],
        postgresql_where=sa.text("type = 'mash.platform.v1.PublicDocument'"),
    )
    op.create_table(
        "published",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    )
    protect(op, context.config.attributes["schema"], "published")


def downgrade() -> None:
    op.drop_table("published")
    op.drop_index("outbox_documents")
    op.execute(sa.text("delete from outbox where value is null"))
    op.alter_column("outbox", "value", nullable=False)
