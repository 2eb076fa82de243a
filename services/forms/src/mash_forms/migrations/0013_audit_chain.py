# SPDX-License-Identifier: EUPL-1.2
"""The audit trail becomes a chain: lines get a number and a hash once, and nothing else of them changes."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.names import Names

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Also holds for the owner of the table; who may switch it off is found out by the chain.
STAYS = """
create function {schema}.audit_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if old.number is null and new.number is not null and new.hash is not null
            and to_jsonb(new) - 'number' - 'hash' = to_jsonb(old) - 'number' - 'hash' then
            return new;
        end if;
    end if;
    raise exception 'the audit trail is only added to' using errcode = 'restrict_violation';
end $$
"""


def upgrade() -> None:
    schema = context.config.attributes["schema"]
    op.add_column("audit", sa.Column("detail", sa.Text, nullable=False, server_default=""))
    op.add_column("audit", sa.Column("number", sa.BigInteger))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary))
    op.alter_column("audit", "application_id", nullable=True)
    op.create_check_constraint("audit_sealed", "audit", "(number is null) = (hash is null)")
    # Two that seal at once cannot make a fork of it: the second one fails.
    op.create_index("audit_chain", "audit", ["tenant", "number"], unique=True)
    op.create_index("audit_open", "audit", ["tenant", "id"], postgresql_where=sa.text("number is null"))
    op.execute(STAYS.format(schema=schema))
    op.execute(
        "create trigger audit_stays before update or delete on audit"
        f" for each row execute function {schema}.audit_stays()"
    )
    op.execute(
        "create trigger audit_stays_whole before truncate on audit"
        f" for each statement execute function {schema}.audit_stays()"
    )
    worker = Names("forms").worker_role
    op.execute(f"revoke update, delete on audit from {worker}")
    op.execute(f"grant update (number, hash) on audit to {worker}")


def downgrade() -> None:
    schema = context.config.attributes["schema"]
    op.execute("drop trigger audit_stays on audit")
    op.execute("drop trigger audit_stays_whole on audit")
    op.execute(f"drop function {schema}.audit_stays()")
    op.drop_index("audit_open", "audit")
    op.drop_index("audit_chain", "audit")
    op.drop_constraint("audit_sealed", "audit")
    for column in ("hash", "number", "detail"):
        op.drop_column("audit", column)
    op.execute(f"grant update, delete on audit to {Names('forms').worker_role}")
