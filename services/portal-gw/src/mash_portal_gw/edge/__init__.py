# SPDX-License-Identifier: EUPL-1.2
"""The edge: everything between a client's socket and a module's door. No framework here, for speed."""
