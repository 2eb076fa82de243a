# SPDX-License-Identifier: EUPL-1.2
"""Full text of cases for the desk, in German, apart from them: it goes first when a case is erased."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect
from mash_sdk.names import Names

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# `@@` is not leakproof, so under row-level security PostgreSQL does not use the index for it: it would look
# at every row of the tenant. The function runs as the tables' owner, for whom the policy of this one table is
# not FORCEd, and names the tenant itself. It returns ids; who asks reads the cases under their policy.
_FOUND = """
create function found(query text, most integer) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = forms, pg_temp as $$
begin
  return query execute
    'select s.application_id from search s'
    ' where s.tenant = current_setting(''mash.tenant'') and s.words @@ $1'
    ' order by s.application_id desc limit $2'
    using websearch_to_tsquery('pg_catalog.german', query), most;
end $$
"""
_BACKFILL = """
insert into search (tenant, application_id, words)
select a.tenant, a.id, to_tsvector('pg_catalog.german', concat_ws(' ', a.reference, a.applicant_name, (
  select string_agg(v #>> '{}', ' ') from jsonb_path_query(a.data, '$.**') v
  where jsonb_typeof(v) in ('string', 'number'))))
from applications a
"""


def upgrade() -> None:
    op.create_table(
        "search",
        tenant_column(primary_key=True),
        sa.Column("application_id", pg.UUID(as_uuid=False), primary_key=True),
        sa.Column("words", pg.TSVECTOR, nullable=False),
        sa.ForeignKeyConstraint(["tenant", "application_id"], ["applications.tenant", "applications.id"]),
    )
    protect(op, "forms", "search")
    op.execute("alter table search no force row level security")
    op.execute("alter table applications no force row level security")
    op.execute(_BACKFILL)
    op.execute("alter table applications force row level security")
    op.create_index("search_words", "search", ["words"], postgresql_using="gin")
    op.execute(_FOUND)
    op.execute("revoke all on function found(text, integer) from public")
    names = Names("forms")
    for role in (names.role, names.worker_role):
        op.execute(f"grant execute on function found(text, integer) to {role}")
    op.create_index("applications_form", "applications", ["tenant", "form", "rank", "submitted_at", "id"])


def downgrade() -> None:
    op.drop_index("applications_form", "applications")
    op.execute("drop function found(text, integer)")
    op.drop_table("search")
