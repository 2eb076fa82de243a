# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions to alerts, and the mailbox in the portal."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("thing_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant", "subject", "rule", "thing_id", name="subscription_once"),
    )
    op.create_index("subscriptions_to", "subscriptions", ["tenant", "rule", "thing_id", "id"])
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("deleted_at", MOMENT),
        sa.UniqueConstraint("tenant", "about", "kind", "subject", name="entry_once"),
    )
    op.create_index("mailbox_of_person", "mailbox", ["tenant", "subject", "id"])
    op.create_index("mailbox_by_age", "mailbox", ["at"])
    protect(op, "notify", "subscriptions", "mailbox")
    op.add_column("messages", sa.Column("unsubscribe", sa.Text))
    op.drop_constraint("message_once", "messages")
    op.create_unique_constraint("message_once", "messages", ["tenant", "about", "kind", "recipient"])
    op.drop_constraint("settled_without_words", "messages")
    op.create_check_constraint(
        "settled_without_words",
        "messages",
        "state in ('queued', 'sending') or num_nonnulls(subject, text, html, unsubscribe) = 0",
    )


def downgrade() -> None:
    op.execute("delete from messages where kind in ('alert-opened', 'alert-resolved')")
    op.drop_constraint("settled_without_words", "messages")
    op.create_check_constraint(
        "settled_without_words",
        "messages",
        "state in ('queued', 'sending') or (subject is null and text is null and html is null)",
    )
    op.drop_constraint("message_once", "messages")
    op.create_unique_constraint("message_once", "messages", ["tenant", "about", "kind"])
    op.drop_column("messages", "unsubscribe")
    op.drop_table("mailbox")
    op.drop_table("subscriptions")
