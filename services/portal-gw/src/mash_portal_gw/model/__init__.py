# SPDX-License-Identifier: EUPL-1.2
"""Facts and rules: who is logged in for how long, and what a city shows of itself."""
