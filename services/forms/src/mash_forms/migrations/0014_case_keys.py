# SPDX-License-Identifier: EUPL-1.2
"""Keys of cases, and places for what is kept under them. What is there is sealed by the service as it runs:

the secret that wraps the keys is the service's, and no migration gets it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect
from mash_sdk.names import Names

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEALED = ("applications", "drafts", "decisions", "documents", "attachments", "messages", "notes")
PLAIN = (("applications", "data"), ("drafts", "data"), ("documents", "content"))


def upgrade() -> None:
    op.create_table(
        "case_keys",
        tenant_column(primary_key=True),
        sa.Column("owner", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        # Which of the service's secrets has wrapped it.
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("case_keys_secret", "case_keys", ["secret"])
    protect(op, "forms", "case_keys", append_only=True)
    op.create_table(
        "form_holds",
        tenant_column(primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
    )
    protect(op, "forms", "form_holds")
    # What somebody wrote on a line of the audit trail; the chain covers it as it is kept.
    op.add_column("audit", sa.Column("words", sa.LargeBinary))
    for table in SEALED:
        op.add_column(table, sa.Column("sealed", sa.LargeBinary))
        op.create_index(f"{table}_plain", table, ["id"], postgresql_where=sa.text("sealed is null"))
    for table in ("messages", "notes"):
        # Only added to, but for sealing what versions before left plain.
        op.execute(f"grant update (name, text, sealed) on {table} to {Names('forms').role}")
    for table, column in PLAIN:
        op.alter_column(table, column, nullable=True)


def downgrade() -> None:
    # Refused while anything is sealed: without the columns it would be lost.
    for table in SEALED:
        op.execute(f"alter table {table} no force row level security")
        op.execute(
            f"do $$ begin if exists (select from {table} where sealed is not null)"
            f" then raise exception 'rows of {table} are sealed: this version cannot be taken back';"
            " end if; end $$"
        )
        op.execute(f"alter table {table} force row level security")
    for table, column in PLAIN:
        op.alter_column(table, column, nullable=False)
    for table in SEALED:
        op.drop_index(f"{table}_plain", table)
        op.drop_column(table, "sealed")
    op.drop_column("audit", "words")
    op.drop_table("form_holds")
    op.drop_table("case_keys")
