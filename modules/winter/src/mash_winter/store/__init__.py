# SPDX-License-Identifier: EUPL-1.2
"""Way down: readings, states of segments, warnings and the decisions on them, in PostgreSQL."""
