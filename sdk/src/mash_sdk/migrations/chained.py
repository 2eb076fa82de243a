# SPDX-License-Identifier: EUPL-1.2
"""A table of an audit trail: lines get a number and a hash once, and nothing else of them changes."""

import sqlalchemy as sa
from alembic import op

from mash_sdk.names import Names

# Also holds for the owner of the table; who may switch it off is found out by the chain.
_STAYS = """
create function {schema}.{table}_stays() returns trigger language plpgsql as $$
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


def chain(schema: str, table: str) -> None:
    """Make a chain of a table that has tenant and id: only added to, and sealed by the worker's role."""
    op.add_column(table, sa.Column("number", sa.BigInteger))
    op.add_column(table, sa.Column("hash", sa.LargeBinary))
    op.create_check_constraint(f"{table}_sealed", table, "(number is null) = (hash is null)")
    # Two that seal at once cannot make a fork of it: the second one fails.
    op.create_index(f"{table}_chain", table, ["tenant", "number"], unique=True)
    op.create_index(f"{table}_open", table, ["tenant", "id"], postgresql_where=sa.text("number is null"))
    op.execute(_STAYS.format(schema=schema, table=table))
    op.execute(
        f"create trigger {table}_stays before update or delete on {table}"
        f" for each row execute function {schema}.{table}_stays()"
    )
    op.execute(
        f"create trigger {table}_stays_whole before truncate on {table}"
        f" for each statement execute function {schema}.{table}_stays()"
    )
    worker = Names(schema.replace("_", "-")).worker_role
    op.execute(f"revoke update, delete on {table} from {worker}")
    op.execute(f"grant update (number, hash) on {table} to {worker}")


def unchain(schema: str, table: str) -> None:
    """Undo `chain`."""
    op.execute(f"drop trigger {table}_stays on {table}")
    op.execute(f"drop trigger {table}_stays_whole on {table}")
    op.execute(f"drop function {schema}.{table}_stays()")
    op.drop_index(f"{table}_open", table)
    op.drop_index(f"{table}_chain", table)
    op.drop_constraint(f"{table}_sealed", table)
    for column in ("hash", "number"):
        op.drop_column(table, column)
    op.execute(f"grant update, delete on {table} to {Names(schema.replace('_', '-')).worker_role}")
