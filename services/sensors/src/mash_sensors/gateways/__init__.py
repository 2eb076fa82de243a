# SPDX-License-Identifier: EUPL-1.2
"""Ways out: the city's files."""
