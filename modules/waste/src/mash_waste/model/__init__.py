# SPDX-License-Identifier: EUPL-1.2
"""The domain: bins, how full they are, and tours that empty them; no I/O, no clock of its own."""
