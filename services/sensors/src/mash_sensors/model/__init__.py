# SPDX-License-Identifier: EUPL-1.2
"""The domain: what observes (things, devices), what is observed, and what becomes of a reading."""
