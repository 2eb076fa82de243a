# SPDX-License-Identifier: EUPL-1.2
"""Streets in winter: the network, and what is decided of its segments. No I/O, no clock of its own."""
