# SPDX-License-Identifier: EUPL-1.2
"""Alembic's way in: runs inside the connection that migrate.py opened, in the service's schema."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    version_table=config.attributes["version_table"],
    version_table_schema=config.attributes["schema"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
