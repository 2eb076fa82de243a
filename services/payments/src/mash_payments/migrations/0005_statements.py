# SPDX-License-Identifier: EUPL-1.2
"""Bank statements and their lines, each of which is once: found to be something, or waiting for a person."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.migrations import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TENANT = sa.text("current_setting('mash.tenant')")


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False, server_default=TENANT),
        sa.Column("iban", sa.Text, nullable=False),
        sa.Column("identification", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("opening_cents", sa.BigInteger, nullable=False),
        sa.Column("closing_cents", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "iban", "identification", name="statements_once"),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False, server_default=TENANT),
        sa.Column("statement_id", sa.Text, sa.ForeignKey("statements.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cents", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("booked_on", sa.Date, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("end_to_end_id", sa.Text, nullable=False),
        sa.Column("bank_reference", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payments.id")),
        sa.Column("attempt_id", sa.Text, sa.ForeignKey("attempts.id")),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("resolved_by", sa.Text, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("tenant", "statement_id", "number", name="statement_lines_once"),
        sa.CheckConstraint("cents <> 0", name="statement_lines_move_something"),
        sa.CheckConstraint(
            "state in ('MATCHED', 'RESOLVED', 'UNMATCHED', 'AMBIGUOUS')", name="statement_lines_state"
        ),
    )
    op.create_index(
        "statement_lines_waiting",
        "statement_lines",
        ["tenant", "id"],
        postgresql_where=sa.text("state in ('UNMATCHED', 'AMBIGUOUS')"),
    )
    # What a provider collected is passed on once.
    op.create_index(
        "statement_lines_attempt",
        "statement_lines",
        ["tenant", "attempt_id"],
        unique=True,
        postgresql_where=sa.text("attempt_id is not null"),
    )
    protect(op, context.config.attributes["schema"], "statements", "statement_lines")


def downgrade() -> None:
    op.drop_table("statement_lines")
    op.drop_table("statements")
