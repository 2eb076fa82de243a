# SPDX-License-Identifier: EUPL-1.2
"""Devices, observations, rules."""
