# SPDX-License-Identifier: EUPL-1.2
"""Ways in and out by MQTT: a door of our own for devices, and a bridge to a city's broker."""
