# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP, for programs."""
