# SPDX-License-Identifier: EUPL-1.2
"""Stand-ins for third parties outside our reach, as programs of their own."""
