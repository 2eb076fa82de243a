# SPDX-License-Identifier: EUPL-1.2
"""Every signal sensors emits. Dashboards and alerts are generated from this file."""

from typing import Literal

from mash_sdk.telemetry import counter

Attribute = Literal[
    "mash.sensors.flag",  # what is odd about a reading
    "mash.sensors.reason",  # why a message was refused
    "mash.sensors.rule",  # the name of a city's rule
]

THINGS_REGISTERED = counter("mash.sensors.things.registered", doc="Things registered")
DEVICES_REGISTERED = counter("mash.sensors.devices.registered", doc="devices registered")
KEYS_MADE = counter("mash.sensors.keys.made", doc="keys given out")
KEYS_REVOKED = counter("mash.sensors.keys.revoked", doc="keys taken back")
UPLINKS_ACCEPTED = counter("mash.sensors.uplinks.accepted", doc="messages of devices that were taken in")
UPLINKS_REFUSED = counter(
    "mash.sensors.uplinks.refused",
    doc="messages of devices that were not",
    attributes=("mash.sensors.reason",),
)
MQTT_REFUSED = counter(
    "mash.sensors.mqtt.refused",
    doc="logins and messages over MQTT that were refused",
    attributes=("mash.sensors.reason",),
)
MQTT_DROPPED = counter(
    "mash.sensors.mqtt.dropped", doc="observations that a subscriber over MQTT was too slow for"
)
OBSERVATIONS_ACCEPTED = counter("mash.sensors.observations.accepted", doc="observations they held")
OBSERVATIONS_STORED = counter("mash.sensors.observations.stored", doc="observations that were stored")
OBSERVATIONS_FLAGGED = counter(
    "mash.sensors.observations.flagged",
    doc="stored observations about which something is odd",
    attributes=("mash.sensors.flag",),
)
MESSAGES_REPEATED = counter(
    "mash.sensors.messages.repeated", doc="messages that were met before, and stored once"
)
ALERTS_OPENED = counter("mash.sensors.alerts.opened", doc="alerts opened", attributes=("mash.sensors.rule",))
ALERTS_RESOLVED = counter(
    "mash.sensors.alerts.resolved", doc="alerts resolved", attributes=("mash.sensors.rule",)
)
WATCH_FAILED = counter(
    "mash.sensors.watch.failed", doc="readings that were recorded and that no rule could look at"
)
CODECS_BROKEN = counter("mash.sensors.codecs.broken", doc="times a codec's file could not be read")
RULES_BROKEN = counter("mash.sensors.rules.broken", doc="times a city's rule could not be read")
