# SPDX-License-Identifier: EUPL-1.2
"""Ways in by HTTP for programs: forms and applications, and the office's cases."""
