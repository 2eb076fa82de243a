# SPDX-License-Identifier: EUPL-1.2
"""Keycloak's realms, made from the cities' folders: one each, and one for the operators."""

from mash_tools.realms.access import Access, note
from mash_tools.realms.provision import Report, provision

__all__ = ["Access", "Report", "note", "provision"]
