# SPDX-License-Identifier: EUPL-1.2
"""The whole platform on one machine: what `./mash up` runs, and what the journeys' tests start and kill."""

from mash_tools.platform.platform import Platform

__all__ = ["Platform"]
