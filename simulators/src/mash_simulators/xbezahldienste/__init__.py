# SPDX-License-Identifier: EUPL-1.2
"""An XBezahldienste 1.0.0 payment service as a program of its own, with the real paths and a payer's page.

Field names follow the published data model (docs.fitko.de/xbezahldienste) as open clients speak it.
Assumptions, since the published document was not at hand: the HTTP status codes (201 for a new transaction,
404 for an unknown originator or transaction, 409 for PAYMENT_EXISTS, 422 for the other refusals).
"""
