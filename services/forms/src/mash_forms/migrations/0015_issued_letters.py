# SPDX-License-Identifier: EUPL-1.2
"""What a public page confirms about a letter, by the fingerprint of the code on it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect
from mash_sdk.names import Names

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_letters",
        tenant_column(primary_key=True),
        sa.Column("code", sa.LargeBinary, primary_key=True),
        sa.Column("document_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("application_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    op.create_index("issued_letters_of", "issued_letters", ["tenant", "application_id"])
    protect(op, "forms", "issued_letters", append_only=True)
    op.execute(f"grant update (withdrawn_at) on issued_letters to {Names('forms').role}")


def downgrade() -> None:
    op.drop_table("issued_letters")
