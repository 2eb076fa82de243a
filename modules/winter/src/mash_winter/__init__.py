# SPDX-License-Identifier: EUPL-1.2
"""WinterSMART: the city's streets and bridges in winter."""
