# SPDX-License-Identifier: EUPL-1.2
"""Cards by Stripe's API: Checkout Sessions, Refunds and signed events, with Stripe's paths and field names.

Field names and values follow Stripe's OpenAPI document (the one `stripe-mock` serves). Left out: everything
but a one-time payment of one item by card on Stripe's own page.
"""
