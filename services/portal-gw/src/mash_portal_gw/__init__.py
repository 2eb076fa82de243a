# SPDX-License-Identifier: EUPL-1.2
"""The front door: identity, routing, portal pages."""
