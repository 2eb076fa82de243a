# SPDX-License-Identifier: EUPL-1.2
"""What a MAsH module stands on. It knows no domain."""
