# SPDX-License-Identifier: EUPL-1.2
"""Ways out: a city's files, sensors, forms, and the solver."""
