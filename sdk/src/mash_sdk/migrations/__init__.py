# SPDX-License-Identifier: EUPL-1.2
"""Schemas, roles and tables: what `migrate` does, and what a service's own migrations call."""

from mash_sdk.migrations.chained import chain as chain
from mash_sdk.migrations.chained import unchain as unchain
from mash_sdk.migrations.protect import protect as protect

__all__ = ["chain", "protect", "unchain"]
