# SPDX-License-Identifier: EUPL-1.2
"""Sealed as well: consents to answers taken over, who has a case in work, and the words cases are found by.

What is there is sealed by the service as it runs: it alone has the secret.
"""

import sqlalchemy as sa
from alembic import op

from mash_sdk.names import Names

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PLAIN = {
    "applications": "sealed is null or consent is not null or claimed_name <> ''",
    "drafts": "sealed is null or consent is not null",
}

# As `found` of 0010, which the version before asks until its last process has ended. The service makes tokens
# of words; rows that a version before has written are looked through as they are until it has come to them.
FOUND = """
create function found_blind(hidden tsquery, plain text, most integer) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = forms, pg_temp as $$
begin
  return query execute
    'select s.application_id from search s where s.tenant = current_setting(''mash.tenant'')'
    ' and (s.blind and s.words @@ $1 or not s.blind and s.words @@ $2)'
    ' order by s.application_id desc limit $3'
    using hidden, websearch_to_tsquery('pg_catalog.german', plain), most;
end $$
"""


def upgrade() -> None:
    op.add_column("applications", sa.Column("claimed_sealed", sa.LargeBinary))
    for table, condition in PLAIN.items():
        op.drop_index(f"{table}_plain", table)
        op.create_index(f"{table}_plain", table, ["id"], postgresql_where=sa.text(condition))
    op.add_column("search", sa.Column("blind", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("search_plain", "search", ["application_id"], postgresql_where=sa.text("not blind"))
    op.execute(FOUND)
    op.execute("revoke all on function found_blind(tsquery, text, integer) from public")
    names = Names("forms")
    for role in (names.role, names.worker_role):
        op.execute(f"grant execute on function found_blind(tsquery, text, integer) to {role}")


def downgrade() -> None:
    # The version before reads none of it: it shows no consent, no name of who has a case in work, and finds
    # cases by the words of its own rows only.
    op.execute("drop function found_blind(tsquery, text, integer)")
    op.drop_index("search_plain", "search")
    op.drop_column("search", "blind")
    for table in PLAIN:
        op.drop_index(f"{table}_plain", table)
        op.create_index(f"{table}_plain", table, ["id"], postgresql_where=sa.text("sealed is null"))
    op.drop_column("applications", "claimed_sealed")
