# SPDX-License-Identifier: EUPL-1.2
"""Reports are closed, and until when they are kept; what they matched goes with them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ENDS = ("lost_id", "found_id")


def upgrade() -> None:
    op.add_column("reports", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("reports", sa.Column("delete_after", sa.DateTime(timezone=True)))
    # Those that were there already: of every city, so that no policy may hide them.
    op.execute("alter table reports no force row level security")
    op.execute("alter table matches no force row level security")
    op.execute("update reports set delete_after = filed_at + interval '184 days'")
    op.execute(
        "update reports set closed_at = now(), delete_after = collect_at + interval '30 days'"
        " from matches where reports.id in (lost_id, found_id) and collect_at is not null"
    )
    op.execute("alter table matches force row level security")
    op.execute("alter table reports force row level security")
    # An older version that still runs does not give it.
    op.alter_column(
        "reports", "delete_after", nullable=False, server_default=sa.text("now() + interval '184 days'")
    )
    op.create_index("reports_expire", "reports", ["delete_after"])
    op.drop_index("reports_alike", "reports")
    op.create_index(
        "reports_open",
        "reports",
        ["tenant", "kind", "category", "id"],
        postgresql_where=sa.text("closed_at is null"),
    )
    for end in ENDS:
        op.drop_constraint(f"matches_{end}_fkey", "matches")
        op.create_foreign_key(f"matches_{end}_fkey", "matches", "reports", [end], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    for end in ENDS:
        op.drop_constraint(f"matches_{end}_fkey", "matches")
        op.create_foreign_key(f"matches_{end}_fkey", "matches", "reports", [end], ["id"])
    op.drop_index("reports_open", "reports")
    op.create_index("reports_alike", "reports", ["tenant", "kind", "category", "id"])
    op.drop_column("reports", "delete_after")
    op.drop_column("reports", "closed_at")
