# SPDX-License-Identifier: EUPL-1.2
"""Money: payments, receipts, providers."""
