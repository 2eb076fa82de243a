# SPDX-License-Identifier: EUPL-1.2
"""The way down to PostgreSQL: the catalogue and devices for the doors, readings in batches."""
