# SPDX-License-Identifier: EUPL-1.2
"""OGC SensorThings API 1.1 (18-088) by HTTP: routes made of the table of entities."""
