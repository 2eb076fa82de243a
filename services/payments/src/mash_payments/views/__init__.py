# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTML pages, of those who pay and of those who keep the books. They work without JavaScript."""
