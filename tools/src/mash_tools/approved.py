# SPDX-License-Identifier: EUPL-1.2
"""What an approvals.json says, in a data folder or a chart. Images import it: it needs no parts."""

from collections.abc import Mapping
from typing import Any


def needs_of(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Each approved module → the services it may ask; the platform's own services are none."""
    return {
        name: tuple(entry.get("needs", ())) for name, entry in entries.items() if not entry.get("platform")
    }
