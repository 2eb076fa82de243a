# SPDX-License-Identifier: EUPL-1.2
"""Use cases, and what they need of the outside."""
