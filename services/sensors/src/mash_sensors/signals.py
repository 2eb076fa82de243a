# SPDX-License-Identifier: EUPL-1.2
"""Every signal sensors emits. Dashboards and alerts are generated from this file."""

from mash_sdk.telemetry import counter

THINGS_REGISTERED = counter("mash.sensors.things.registered", doc="Things registered")
