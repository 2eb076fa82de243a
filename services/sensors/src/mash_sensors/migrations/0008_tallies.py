# SPDX-License-Identifier: EUPL-1.2
"""What each datastream observed in a day or a week, in the order of results: counting looks nothing up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Whoever adds, takes away or changes observations marks their days, an older version of us as well.
# Days that have not ended by PostgreSQL's clock are tallied later, from what is there then.
MARK = """
create function mark_{event}() returns trigger language plpgsql set search_path = sensors, pg_temp as $$
begin
    insert into days_to_tally (tenant, datastream_id, day)
    select distinct g.tenant, g.datastream_id, (g.phenomenon_time at time zone 'UTC')::date
    from {rows} g left join tallied t on t.tenant = g.tenant
    where (g.phenomenon_time at time zone 'UTC')::date < greatest(t.until, (now() at time zone 'UTC')::date);
    return null;
end
$$
"""
TRIGGERS = (
    ("insert", "come", "new table as come"),
    ("delete", "gone", "old table as gone"),
    ("update", "(select * from gone union all select * from come)", "old table as gone new table as come"),
)


def upgrade() -> None:
    op.create_table(
        "tallies",
        tenant_column(),
        sa.Column("datastream_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("days", sa.SmallInteger, primary_key=True),
        sa.Column("begins", sa.Date, primary_key=True),
        sa.Column("counted", sa.Integer, nullable=False),
        # The different numbers, and how many results are none greater than each.
        sa.Column("numbers", pg.ARRAY(sa.Double)),
        sa.Column("upto", pg.ARRAY(sa.Integer)),
    )
    op.create_index("tallies_of_tenant", "tallies", ["tenant", "days", "begins"])
    op.create_table("tallied", tenant_column(primary_key=True), sa.Column("until", sa.Date, nullable=False))
    # No key: writers only add, so that they never wait for one another.
    op.create_table(
        "days_to_tally",
        tenant_column(),
        sa.Column("datastream_id", pg.UUID(as_uuid=False), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    op.create_index("days_to_tally_by_day", "days_to_tally", ["tenant", "day"])
    protect(op, "sensors", "tallies", "tallied", "days_to_tally")
    for event, rows, tables in TRIGGERS:
        op.execute(MARK.format(event=event, rows=rows))
        op.execute(
            f"create trigger mark_{event} after {event} on observations referencing {tables}"
            f" for each statement execute function mark_{event}()"
        )


def downgrade() -> None:
    for event, _, _ in TRIGGERS:
        op.execute(f"drop trigger mark_{event} on observations")
        op.execute(f"drop function mark_{event}")
    op.drop_table("days_to_tally")
    op.drop_table("tallied")
    op.drop_table("tallies")
