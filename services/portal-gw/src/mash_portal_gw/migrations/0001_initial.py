# SPDX-License-Identifier: EUPL-1.2
"""Sessions of browsers."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        tenant_column(),
        sa.Column("id", sa.LargeBinary, primary_key=True, comment="SHA-256 of what the cookie holds"),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False, comment="tokens, AES-256-GCM"),
    )
    op.create_index("sessions_expire", "sessions", ["expires_at"])
    protect(op, "portal_gw", "sessions")


def downgrade() -> None:
    op.drop_table("sessions")
