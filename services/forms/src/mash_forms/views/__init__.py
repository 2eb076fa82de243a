# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTML pages for applicants and clerks. They work without JavaScript."""
