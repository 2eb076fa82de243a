# SPDX-License-Identifier: EUPL-1.2
"""Every signal notify emits. Dashboards and alerts are generated from this file."""

from typing import Literal

from mash_sdk.telemetry import counter, gauge, histogram

Attribute = Literal[
    "mash.notify.kind",  # what it is about: received, decision, question, cosignature, alert-opened …
    "mash.notify.channel",  # email
    "mash.notify.state",  # what became of an attempt: sent, queued, unknown, refused
    "mash.notify.message.id",
]

MESSAGES_QUEUED = counter(
    "mash.notify.messages.queued", doc="messages written", attributes=("mash.notify.kind",)
)
MESSAGES_SKIPPED = counter(
    "mash.notify.messages.skipped",
    doc="messages not written because nobody is known to write to",
    attributes=("mash.notify.kind",),
)
SUBSCRIPTIONS_MADE = counter("mash.notify.subscriptions.made", doc="subscriptions made")
SUBSCRIPTIONS_ENDED = counter("mash.notify.subscriptions.ended", doc="subscriptions ended")
ATTEMPTS = counter(
    "mash.notify.attempts",
    doc="attempts to send, by what became of them",
    attributes=("mash.notify.channel", "mash.notify.state"),
)
SEND_SECONDS = histogram(
    "mash.notify.send.duration", doc="time the channel took", attributes=("mash.notify.channel",)
)
WAITING_SECONDS = histogram("mash.notify.waiting.duration", doc="from queued to the first attempt")
ERASED = counter("mash.notify.erased", doc="rows erased because their time was over")
OLDEST_DUE = gauge("mash.notify.oldest_due", unit="s", doc="how long the oldest due message has been waiting")
