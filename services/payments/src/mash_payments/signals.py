# SPDX-License-Identifier: EUPL-1.2
"""What payments emits: every metric and attribute name. Dashboards and alerts are generated from here."""

from typing import Literal

from mash_sdk.telemetry import counter, gauge, histogram

Attribute = Literal[
    "mash.payment.provider",  # adapter, for example xbezahldienste
    "mash.payment.outcome",  # what a call to the provider, or its word, came to
]

OPENED = counter("mash.payments.opened", doc="fees that became due")
STARTED = counter(
    "mash.payments.attempts",
    doc="attempts to pay that were sent to a provider",
    attributes=("mash.payment.provider",),
)
WORDS = counter(
    "mash.payments.words",
    doc="what providers' answers changed: settled, ended, forgotten, overpaid, mismatch, waived, expired",
    attributes=("mash.payment.provider", "mash.payment.outcome"),
)
AUDIT_SEALED = counter("mash.payments.audit.sealed", doc="lines of the audit trail that were chained")
EXPIRED = counter("mash.payments.expired", doc="fees that nobody paid in time")
UNKNOWN = counter(
    "mash.payments.unknown", doc="attempts whose answer never came", attributes=("mash.payment.provider",)
)
RETURNS_REFUSED = counter(
    "mash.payments.returns.refused", doc="returns from a provider with a wrong signature"
)
MESSAGES_REFUSED = counter(
    "mash.payments.messages.refused",
    doc="messages with a signature that is not the provider's",
    attributes=("mash.payment.provider",),
)
PROVIDER_SECONDS = histogram(
    "mash.payments.provider.duration",
    doc="time a provider took to answer",
    attributes=("mash.payment.provider", "mash.payment.outcome"),
)
WAITING = gauge("mash.payments.waiting", doc="open attempts that are due for a look")
REFUNDS = gauge("mash.payments.refunds", doc="attempts whose money has to go back")
