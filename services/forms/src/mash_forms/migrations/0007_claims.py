# SPDX-License-Identifier: EUPL-1.2
"""Which office an application lies with, and which clerk has it in work."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_READ = ("applications", "form_versions", "history")


def upgrade() -> None:
    op.add_column("applications", sa.Column("office", sa.Text, nullable=False, server_default=""))
    op.add_column("applications", sa.Column("claimed_by", sa.Text))
    op.add_column("applications", sa.Column("claimed_name", sa.Text))
    op.add_column("applications", sa.Column("claimed_at", sa.DateTime(timezone=True)))
    # Row-level security is FORCEd on the owner, too: without this the tables would look empty here.
    for table in _READ:
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "update applications a set office = v.definition->'office'->>'id' from form_versions v"
        " where v.tenant = a.tenant and v.form = a.form and v.version = a.form_version"
    )
    op.execute(
        "update applications a set claimed_by = h.by, claimed_name = '', claimed_at = h.at from history h"
        " where a.state = 'PROCESSING' and h.tenant = a.tenant and h.application_id = a.id"
        " and h.state = 'PROCESSING' and h.by is not null"
    )
    for table in _READ:
        op.execute(f"alter table {table} force row level security")
    op.create_index("applications_office", "applications", ["tenant", "office", "rank", "submitted_at", "id"])
    op.create_index(
        "applications_mine",
        "applications",
        ["tenant", "claimed_by", "rank", "submitted_at", "id"],
        postgresql_where=sa.text("claimed_by is not null"),
    )


def downgrade() -> None:
    op.drop_index("applications_mine", "applications")
    op.drop_index("applications_office", "applications")
    for column in ("claimed_at", "claimed_name", "claimed_by", "office"):
        op.drop_column("applications", column)
