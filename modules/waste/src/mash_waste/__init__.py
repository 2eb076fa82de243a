# SPDX-License-Identifier: EUPL-1.2
"""How full a city's bins are, when they will be full, and who empties them."""
