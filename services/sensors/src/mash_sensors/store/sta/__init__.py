# SPDX-License-Identifier: EUPL-1.2
"""SensorThings' entities in PostgreSQL: queries become statements, bounded ones; row-level security holds."""
