# SPDX-License-Identifier: EUPL-1.2
"""Requests for a second person's signature."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cosignatures",
        tenant_column(primary_key=True),
        sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("draft_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("form_version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("applicant", sa.Text, nullable=False),
        sa.Column("signer", sa.Text),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("trust_level", sa.SmallInteger),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("signer <> applicant", name="cosignatures_two_people"),
        sa.CheckConstraint(
            "standing in ('open','taken','signed','declined','void')", name="cosignatures_standing"
        ),
        sa.CheckConstraint(
            "standing not in ('taken','signed','declined') or signer is not null", name="cosignatures_by"
        ),
    )
    op.create_index("cosignatures_code", "cosignatures", ["tenant", "code"], unique=True)
    op.create_index("cosignatures_of", "cosignatures", ["tenant", "draft_id", "asked_at"])
    op.create_index("cosignatures_by", "cosignatures", ["tenant", "signer"])
    protect(op, "forms", "cosignatures")


def downgrade() -> None:
    op.drop_table("cosignatures")
