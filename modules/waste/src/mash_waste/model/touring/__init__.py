# SPDX-License-Identifier: EUPL-1.2
"""Tours: the problem, a plan, and whether it can be driven."""
