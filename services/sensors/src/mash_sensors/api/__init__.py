# SPDX-License-Identifier: EUPL-1.2
"""Ways in by HTTP for programs: SensorThings, devices and their keys, uplinks."""
