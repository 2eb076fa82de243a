# SPDX-License-Identifier: EUPL-1.2
"""PayPal Orders v2 with PayPal's paths and field names: create, approve, capture, refund, signed webhooks.

Field names and states follow PayPal's published OpenAPI documents (orders v2, payments v2, webhooks v1).
PayPal signs webhooks with a certificate; this simulator has none and knows its own messages instead, so that
`verify-webhook-signature` answers as PayPal's does. Left out: authorize, saved payers, several units.
"""
