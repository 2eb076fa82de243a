# SPDX-License-Identifier: EUPL-1.2
"""Form definitions, applications, back office."""
