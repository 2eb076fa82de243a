# SPDX-License-Identifier: EUPL-1.2
"""The domain of applications: plain types and rules, no I/O, no clock of its own."""
