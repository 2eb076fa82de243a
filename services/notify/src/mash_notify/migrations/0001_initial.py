# SPDX-License-Identifier: EUPL-1.2
"""Contact points and messages."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contact_points",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("remembered_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant", "about", name="contact_once"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text, sa.ForeignKey("contact_points.id", ondelete="SET NULL")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("html", sa.Text),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("claim", sa.Text),
        sa.Column("handed_over_at", MOMENT),
        sa.Column("traceparent", sa.Text),
        sa.Column("journey", sa.Text),
        sa.UniqueConstraint("tenant", "about", "kind", name="message_once"),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'unknown', 'refused')", name="message_state"
        ),
        sa.CheckConstraint(
            "state in ('queued', 'sending') or (subject is null and text is null and html is null)",
            name="settled_without_words",
        ),
    )
    op.create_index("messages_due", "messages", ["due_at"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("messages_sending", "messages", ["id"], postgresql_where=sa.text("state = 'sending'"))
    op.create_index("messages_contact", "messages", ["contact_id"])
    op.create_index("messages_of_person", "messages", ["tenant", "recipient", "id"])
    op.create_index("messages_about", "messages", ["tenant", "about", "id"])
    protect(op, "notify", "contact_points", "messages")


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("contact_points")
