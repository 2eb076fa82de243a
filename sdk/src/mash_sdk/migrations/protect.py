# SPDX-License-Identifier: EUPL-1.2
"""Row-level security for a service's tables: each row belongs to a tenant, and only that tenant sees it."""

from alembic.operations import Operations
from sqlalchemy import text

from mash_sdk.names import Names


def protect(op: Operations | object, schema: str, *tables: str, append_only: bool = False) -> None:
    """Keep tenants apart in `tables` and let the service's roles use them.

    Every table must have a text column `tenant`. An append-only table can be read and added to, not changed.
    `op` is Alembic's `op` module.
    """
    names = Names(schema.replace("_", "-"))
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    own = "tenant = current_setting('mash.tenant', true)"
    for table in tables:
        place = f'"{schema}"."{table}"'
        for statement in (
            f"ALTER TABLE {place} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {place} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {place} USING ({own}) WITH CHECK ({own})",
            f"GRANT {rights} ON {place} TO {names.role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {place} TO {names.worker_role}",
        ):
            op.execute(text(statement))  # type: ignore[union-attr]
