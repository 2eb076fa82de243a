# SPDX-License-Identifier: EUPL-1.2
"""Every metric and attribute the gateway emits besides the SDK's own. None holds personal data."""

from typing import Literal

from mash_sdk.telemetry import counter, gauge

Attribute = Literal[
    "mash.route.kind",  # api, page or own
    "mash.caller.kind",  # visitor, session, bearer or opaque
    "mash.edge",  # public: answered with a published document, without a module
    "mash.limit",  # which limit refused: client, tenant, login or streams
    "mash.stream",  # websocket or events
    "mash.reason",  # why a connection was turned away: a problem's kind, too-many-connections, unread,
    # or body-unwanted (answered already, and it went on sending)
]

REFUSED_BY_LIMIT = counter(
    "mash.gateway.limited", doc="requests refused by a rate limit", attributes=("mash.limit",)
)
LIMITS_SHARED = gauge(
    "mash.gateway.limits_shared",
    doc="1 while gateways tell each other what they let pass, 0 while each counts alone: no PostgreSQL",
)
TURNED_AWAY = counter(
    "mash.gateway.turned_away",
    doc="connections of clients that ended with a refusal before there was a request, or without an answer",
    attributes=("mash.reason",),
)
UPSTREAM_FAILED = counter(
    "mash.gateway.upstream_failed",
    doc="exchanges with a module that failed",
    attributes=("mash.module", "error.type"),
)
STREAMS = gauge("mash.gateway.streams", doc="WebSockets and event streams open", attributes=("mash.stream",))
STREAMS_ENDED = counter(
    "mash.gateway.streams_ended",
    doc="WebSockets and event streams that ended, by why: closed, client, module, idle, longest, shutdown, …",
    attributes=("mash.stream", "mash.reason"),
)
CIRCUIT_OPENED = counter(
    "mash.gateway.circuit_opened",
    doc="instances left alone because they did not answer several times in a row",
    attributes=("mash.module",),
)
CIRCUITS_OPEN = gauge(
    "mash.gateway.circuits_open", doc="live instances left alone now", attributes=("mash.module",)
)
LOGINS = counter(
    "mash.gateway.logins", doc="logins by how they ended", attributes=("mash.tenant", "mash.outcome")
)
ANNOUNCEMENTS_REJECTED = counter(
    "mash.gateway.announcements_rejected", doc="announcements that were not believed or not approved"
)
PUBLIC_READ = counter(
    "mash.gateway.public_read",
    doc="requests answered with a published document, by whether the client had it already",
    attributes=("mash.module", "mash.outcome"),
)
PUBLIC_REFUSED = counter(
    "mash.gateway.public_refused",
    doc="published documents that were not accepted; /ops/modules says why",
    attributes=("mash.module",),
)
PUBLIC_DOCUMENTS = gauge(
    "mash.gateway.public_documents", doc="published documents in memory", attributes=("mash.module",)
)
PUBLIC_BYTES = gauge(
    "mash.gateway.public_bytes", unit="By", doc="bytes they take", attributes=("mash.module",)
)
INSTANCES = gauge("mash.gateway.instances", doc="live instances", attributes=("mash.module",))
