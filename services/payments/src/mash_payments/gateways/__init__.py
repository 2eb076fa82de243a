# SPDX-License-Identifier: EUPL-1.2
"""Ways out: payment providers, one file each."""
