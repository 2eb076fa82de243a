# SPDX-License-Identifier: EUPL-1.2
"""Payments, the attempts to pay them, which Idempotency-Key started which, and the running Kassenzeichen."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect
from mash_sdk.names import Names

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("attempt_keys", "attempts", "payments")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    schema = context.config.attributes["schema"]
    op.create_table(
        "payments",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("due_cents", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("receipt_number", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _moment("opened_at", nullable=False),
        _moment("settled_at"),
        sa.Column("settled_by", sa.Text),
        sa.UniqueConstraint("tenant", "application_id", name="payments_once_per_application"),
        sa.UniqueConstraint("tenant", "receipt_number", name="payments_receipt_number"),
        sa.CheckConstraint("due_cents > 0", name="payments_due"),
        sa.CheckConstraint("state in ('OPEN', 'STARTED', 'SETTLED')", name="payments_state"),
        sa.CheckConstraint(
            "(state = 'SETTLED') = (settled_at is not null and settled_by is not null)",
            name="payments_settled",
        ),
    )
    op.create_index("payments_of_payer", "payments", ["tenant", "payer", "id"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text, primary_key=True),
        tenant_column(),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _moment("started_at", nullable=False),
        sa.Column("transaction_id", sa.Text),
        sa.Column("redirect_url", sa.Text),
        _moment("next_look_at"),
        _moment("ended_at"),
        sa.Column("paid_cents", sa.BigInteger),
        sa.Column("paid_currency", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("flag", sa.Text),
        sa.Column("trace", sa.Text, nullable=False),
        sa.CheckConstraint(
            "state in ('UNKNOWN', 'INITIAL', 'PAYED', 'CANCELED', 'FAILED')", name="attempts_state"
        ),
        sa.CheckConstraint("flag in ('overpaid', 'mismatch')", name="attempts_flag"),
    )
    op.create_index("attempts_of_payment", "attempts", ["payment_id"])
    op.create_index(
        "attempts_due", "attempts", ["next_look_at"], postgresql_where=sa.text("next_look_at is not null")
    )
    op.create_index("attempts_flagged", "attempts", ["flag"], postgresql_where=sa.text("flag is not null"))
    op.create_table(
        "attempt_keys",
        tenant_column(),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("attempt_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payer", "key"),
    )
    protect(op, schema, *reversed(TABLES))
    names = Names(schema.replace("_", "-"))
    op.execute("create sequence receipt_numbers")
    op.execute(f"grant usage on sequence receipt_numbers to {names.role}, {names.worker_role}")


def downgrade() -> None:
    op.execute("drop sequence receipt_numbers")
    for table in TABLES:
        op.drop_table(table)
