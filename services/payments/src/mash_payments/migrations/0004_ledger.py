# SPDX-License-Identifier: EUPL-1.2
"""The ledger (bookings whose entries add up to zero, never changed), refunds, how numbers are compared."""

import sqlalchemy as sa
from alembic import context, op

from mash_sdk.migrations import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT = sa.text("current_setting('mash.tenant')")
TABLES = ("entries", "bookings", "refunds")

# Asked at commit: a booking is written in several rows.
ADDS_UP = """
create function {schema}.adds_up() returns trigger language plpgsql as $$
begin
    if (select coalesce(sum(cents), 0) <> 0 or count(*) < 2
        from {schema}.entries where tenant = new.tenant and booking_id = new.booking_id) then
        raise exception 'booking % does not add up to zero', new.booking_id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
HAS_ENTRIES = """
create function {schema}.has_entries() returns trigger language plpgsql as $$
begin
    if not exists (select from {schema}.entries where tenant = new.tenant and booking_id = new.id) then
        raise exception 'booking % has no entries', new.id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
STAYS = """
create function {schema}.stays() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is only added to' using errcode = 'restrict_violation';
end $$
"""
# What was there before the ledger: fees that were due, and what was paid.
EARLIER = """
with made as (
    insert into {schema}.bookings (id, tenant, source, kind, currency, payment_id, booked_at)
    select gen_random_uuid()::text, tenant, 'payment:' || id, 'due', currency, id, opened_at
    from {schema}.payments returning id, tenant, payment_id)
insert into {schema}.entries (booking_id, tenant, line, account, cents)
select m.id, m.tenant, side.line, side.account, side.sign * p.due_cents
from made m join {schema}.payments p on p.id = m.payment_id
cross join (values (0, 'receivable', 1), (1, 'revenue', -1)) as side(line, account, sign);
"""
EARLIER_PAID = """
with made as (
    insert into {schema}.bookings (id, tenant, source, kind, currency, payment_id, booked_at)
    select gen_random_uuid()::text, tenant, 'attempt:' || id, 'paid', paid_currency, payment_id, ended_at
    from {schema}.attempts where state = 'PAYED' and paid_cents > 0 and ended_at is not null
    returning id, tenant, source)
insert into {schema}.entries (booking_id, tenant, line, account, cents)
select m.id, m.tenant, side.line,
    case side.line when 0 then 'provider:' || a.provider
        else case when a.flag is null then 'receivable' else 'clearing' end end,
    side.sign * a.paid_cents
from made m join {schema}.attempts a on 'attempt:' || a.id = m.source
cross join (values (0, 1), (1, -1)) as side(line, sign);
"""


def upgrade() -> None:
    schema = context.config.attributes["schema"]
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False, server_default=TENANT),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payments.id")),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "source", name="bookings_once"),
    )
    op.create_index("bookings_of_payment", "bookings", ["payment_id"])
    op.create_index("bookings_by_time", "bookings", ["tenant", "booked_at"])
    op.create_table(
        "entries",
        sa.Column("booking_id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False, server_default=TENANT),
        sa.Column("line", sa.SmallInteger, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("cents", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "booking_id", "line"),
        sa.ForeignKeyConstraint(["tenant", "booking_id"], ["bookings.tenant", "bookings.id"]),
        sa.CheckConstraint("cents <> 0", name="entries_move_something"),
        sa.CheckConstraint(
            "account in ('receivable', 'revenue', 'bank', 'clearing', 'unassigned', 'payable')"
            " or account like 'provider:_%'",
            name="entries_account",
        ),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False, server_default=TENANT),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("attempt_id", sa.Text, sa.ForeignKey("attempts.id"), nullable=False),
        sa.Column("cents", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("cents > 0", name="refunds_amount"),
        sa.CheckConstraint(
            "state in ('UNKNOWN', 'PENDING', 'MANUAL', 'DONE', 'FAILED')", name="refunds_state"
        ),
    )
    op.create_index("refunds_of_payment", "refunds", ["payment_id"])
    op.create_index(
        "refunds_due", "refunds", ["next_look_at"], postgresql_where=sa.text("next_look_at is not null")
    )
    # Under FORCE the owner sees no row either, and what is there has to be carried over.
    for table in ("payments", "attempts"):
        op.execute(f"alter table {table} no force row level security")
    op.add_column("payments", sa.Column("number_key", sa.Text, nullable=False, server_default=""))
    op.execute("update payments set number_key = regexp_replace(upper(receipt_number), '[^0-9A-Z]', '', 'g')")
    op.create_index("payments_by_number", "payments", ["tenant", "number_key"])
    for statement in (EARLIER, EARLIER_PAID, ADDS_UP, HAS_ENTRIES, STAYS):
        op.execute(statement.format(schema=schema))
    for table in ("payments", "attempts"):
        op.execute(f"alter table {table} force row level security")
    op.execute(
        "create constraint trigger entries_add_up after insert on entries"
        f" deferrable initially deferred for each row execute function {schema}.adds_up()"
    )
    op.execute(
        "create constraint trigger bookings_have_entries after insert on bookings"
        f" deferrable initially deferred for each row execute function {schema}.has_entries()"
    )
    for table in ("bookings", "entries"):
        op.execute(
            f"create trigger {table}_stay before update or delete or truncate on {table}"
            f" for each statement execute function {schema}.stays()"
        )
    protect(op, schema, *reversed(TABLES))


def downgrade() -> None:
    schema = context.config.attributes["schema"]
    op.drop_column("payments", "number_key")
    for table in TABLES:
        op.drop_table(table)
    for function in ("adds_up", "has_entries", "stays"):
        op.execute(f"drop function {schema}.{function}()")
