# SPDX-License-Identifier: EUPL-1.2
"""WinterSMART: where streets and bridges are slippery, and why."""
