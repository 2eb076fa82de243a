# SPDX-License-Identifier: EUPL-1.2
"""Use cases: describe, take in, record, show."""
