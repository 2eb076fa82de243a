# SPDX-License-Identifier: EUPL-1.2
"""A LoRaWAN network server with made-up devices: posts what they would send, as The Things Stack v3 does."""
