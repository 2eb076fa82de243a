# SPDX-License-Identifier: EUPL-1.2
"""What of a row is personal, as it is kept under its case's key. Rows of before have it in plain columns."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import RowMapping

from mash_forms.store.vault import CaseKey

APPLICATION, DRAFT, DECISION, LETTER, FILE = "application", "draft", "decision", "letter", "file"
CLAIM = "claim"
"""Places, as CaseKey.seal() is told them; followed by an id where a case has several."""
GONE = "gelöscht"


def packed(key: CaseKey, place: str, told: Mapping[str, Any]) -> bytes:
    """Keep values under a key."""
    return key.seal(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode(), place)


def unpacked(key: CaseKey | None, place: str, row: RowMapping, empty: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a row keeps: from its column `sealed`, else from its plain columns.

    Without the key there is only what `empty` says.
    """
    if row["sealed"] is None:
        return {name: row[name] for name in empty}
    if key is None:
        return empty
    found: Mapping[str, Any] = json.loads(key.open(bytes(row["sealed"]), place))
    return found
