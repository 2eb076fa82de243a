# SPDX-License-Identifier: EUPL-1.2
"""Every metric and attribute name the SDK itself emits. Dashboards and alerts are generated from here.

Names follow OpenTelemetry's semantic conventions where they have one. An attribute never holds personal data.
"""

from typing import Literal

from mash_sdk.metrics import counter, gauge, histogram

Attribute = Literal[
    "error.type",  # class of the exception, or a problem's kind
    "exception.type",
    "exception.stacktrace",  # files and lines only: messages may quote what was sent
    "http.request.method",
    "http.response.status_code",
    "http.route",  # the template, never the path
    "server.address",
    "server.port",
    "url.scheme",
    "rpc.system.name",
    "rpc.method",
    "rpc.response.status_code",
    "messaging.system",
    "messaging.destination.name",
    "messaging.destination.partition.id",
    "messaging.operation.name",
    "messaging.operation.type",
    "messaging.consumer.group.name",
    "messaging.message.id",
    "messaging.kafka.offset",
    "messaging.batch.message_count",
    "db.system.name",
    "db.namespace",
    "db.operation.name",
    "mash.attempt",  # 1 for the first try
    "mash.caller",  # client id of the calling service
    "mash.event.type",  # full proto name
    "mash.journey.id",
    "mash.module",
    "mash.outcome",  # ok, a problem's kind, or error
    "mash.peer",  # client id of the service that is asked
    "mash.purpose",  # why a service asks for what another one holds
    "mash.tenant",
    "mash.use_case",  # payments.start
]

HTTP_SERVER_SECONDS = histogram(
    "http.server.request.duration",
    doc="time to answer a request",
    attributes=("http.request.method", "http.route", "http.response.status_code"),
)
RPC_SERVER_SECONDS = histogram(
    "rpc.server.call.duration",
    doc="time to answer a call",
    attributes=("rpc.method", "rpc.response.status_code"),
)
RPC_CLIENT_SECONDS = histogram(
    "rpc.client.call.duration",
    doc="time a call to a peer took",
    attributes=("rpc.method", "rpc.response.status_code"),
)
EVENT_SECONDS = histogram(
    "mash.event.handle.duration",
    doc="time to handle an event",
    attributes=("mash.event.type", "mash.outcome"),
)
USE_CASE_SECONDS = histogram(
    "mash.use_case.duration",
    doc="time a use case took",
    attributes=("mash.use_case", "mash.outcome"),
)
EVENTS_ANNOUNCED = counter(
    "mash.outbox.sent",
    doc="events the relay sent",
    attributes=("mash.event.type",),
)
OUTBOX_AGE = gauge("mash.outbox.age", unit="s", doc="age of the oldest event that is not sent yet")
OUTBOX_WAITING = gauge("mash.outbox.waiting", doc="events not sent yet")
CONSUMER_LAG = gauge(
    "mash.consumer.lag",
    doc="records behind the end of the topic",
    attributes=("messaging.destination.name", "messaging.destination.partition.id"),
)
CONSUMER_STOPPED = gauge("mash.consumer.stopped", doc="1 while too many failures in a row keep it stopped")
EVENTS_SKIPPED = counter(
    "mash.event.skipped",
    doc="events of a topic to which the group does not listen",
    attributes=("mash.event.type",),
)
EVENTS_PARKED = gauge("mash.event.parked", doc="keys that wait for another try or a replay")
EVENTS_DEAD = counter(
    "mash.event.dead",
    doc="events that went to the dead letter topic",
    attributes=("mash.event.type", "error.type"),
)
STREAM_SENT = counter(
    "mash.stream.sent",
    doc="messages a door put on a stream",
    attributes=("messaging.destination.name",),
)
STREAM_HANDLED = counter(
    "mash.stream.handled",
    doc="messages of a stream that were handled",
    attributes=("messaging.destination.name",),
)
STREAM_BATCH_SECONDS = histogram(
    "mash.stream.batch.duration",
    doc="time to handle a batch of a stream",
    attributes=("messaging.destination.name", "mash.outcome"),
)
STREAM_STOPPED = gauge(
    "mash.stream.stopped",
    doc="1 while too many failures in a row keep the reader of a stream stopped",
    attributes=("messaging.destination.name",),
)
SPANS_LOST = counter("mash.telemetry.spans_lost", doc="spans the trace store did not take")
