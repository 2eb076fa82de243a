# SPDX-License-Identifier: EUPL-1.2
"""Way down: readings, bins, tours and deliveries, in PostgreSQL."""
