# SPDX-License-Identifier: EUPL-1.2
"""What a simulator holds: JSON records by kind and id, optionally in a journal so that a kill loses none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Shelf:
    """Records by kind and id; the newest version counts."""

    def __init__(self, journal: Path | None = None) -> None:
        self._journal = journal
        self._held: dict[str, dict[str, Record]] = {}
        if journal is not None and journal.exists():
            for line in journal.read_text(encoding="utf-8").splitlines():
                try:
                    kind, key, record = json.loads(line)
                except ValueError:
                    # Only the last line can be torn, and nobody was told of it.
                    continue
                self._held.setdefault(kind, {})[key] = record

    def put(self, kind: str, key: str, record: Record) -> Record:
        """Keep one version, on disk before anyone is told."""
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps([kind, key, record], ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._held.setdefault(kind, {})[key] = record
        return record

    def get(self, kind: str, key: str) -> Record | None:
        """The record, or None."""
        return self._held.get(kind, {}).get(key)

    def all(self, kind: str) -> Iterator[Record]:
        """Every record of a kind, oldest first."""
        return iter(list(self._held.get(kind, {}).values()))
