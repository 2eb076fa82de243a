# SPDX-License-Identifier: EUPL-1.2
"""Ways out: a city's files and other services."""
