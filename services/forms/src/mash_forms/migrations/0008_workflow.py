# SPDX-License-Identifier: EUPL-1.2
"""Where in its form's workflow an application is, and by when it has to leave there."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What came before has a form without a workflow of its own, so it is in the default one.
_STAGE = (
    "case state when 'RECEIVED' then 'received' when 'PROCESSING' then 'processing'"
    " when 'ACTION_REQUIRED' then 'question' else '' end"
)


def upgrade() -> None:
    for table in ("applications", "history"):
        op.add_column(table, sa.Column("stage", sa.Text, nullable=False, server_default=""))
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"update {table} set stage = {_STAGE}")  # noqa: S608 — both are written above
        op.execute(f"alter table {table} force row level security")
    op.add_column("applications", sa.Column("due_on", sa.Date))
    op.create_index(
        "applications_due",
        "applications",
        ["tenant", "due_on"],
        postgresql_where=sa.text("due_on is not null"),
    )


def downgrade() -> None:
    op.drop_index("applications_due", "applications")
    op.drop_column("applications", "due_on")
    for table in ("history", "applications"):
        op.drop_column(table, "stage")
