# SPDX-License-Identifier: EUPL-1.2
"""Finds what is still to be sent to a contact point before a message: mails to it leave in order."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "messages_in_order",
        "messages",
        ["contact_id", "queued_at", "id"],
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )


def downgrade() -> None:
    op.drop_index("messages_in_order", "messages")
