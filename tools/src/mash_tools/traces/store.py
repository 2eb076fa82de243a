# SPDX-License-Identifier: EUPL-1.2
"""Spans in one SQLite file, bounded by number and age. All of it happens on one thread of its own."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mash_tools.traces.otlp import JOURNEY, Row

R = TypeVar("R")

_SCHEMA = """
create table if not exists spans (
    id integer primary key,
    trace text not null, span text not null, service text not null, operation text not null,
    start integer not null, journey text, arrived integer not null, body text not null,
    unique (trace, span)
);
create index if not exists spans_service on spans (service, start);
create index if not exists spans_operation on spans (service, operation);
create index if not exists spans_journey on spans (journey, start) where journey is not null;
create index if not exists spans_arrived on spans (arrived);
"""
_PRUNE_EVERY = 1000
_TRACE_SPANS = 5000
"""Spans of one trace that are shown."""
_LOOKED_THROUGH = 20_000
"""Spans that one search looks at, newest first."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which traces: at least one span of `service` fits all that is given. Times in microseconds."""

    service: str
    operation: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 1 << 62
    shortest: int = 0
    longest: int = 1 << 62
    limit: int = 20


class Store:
    """Keeps the newest `keep` spans, none longer than `seconds`."""

    def __init__(self, file: Path, *, keep: int, seconds: float) -> None:
        self._keep = keep
        self._seconds = seconds
        self._since_pruned = _PRUNE_EVERY
        self._db = sqlite3.connect(file, check_same_thread=False, cached_statements=32)
        # Traces may be lost with the machine's power; waiting for the disk is not worth it.
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=off; pragma cache_size=-4000")
        self._db.executescript(_SCHEMA)
        self._thread = ThreadPoolExecutor(1, "spans")

    async def add(self, rows: Sequence[Row]) -> None:
        """Store spans; one that is there already is left as it is."""
        await self._do(lambda: self._add(rows))

    async def services(self) -> list[str]:
        return await self._do(lambda: self._column("select distinct service from spans order by 1"))

    async def operations(self, service: str) -> list[str]:
        query = "select distinct operation from spans where service = ? order by 1"
        return await self._do(lambda: self._column(query, service))

    async def trace(self, trace: str) -> list[dict[str, Any]]:
        """The spans of one trace by start; empty if it is not there."""
        return await self._do(lambda: self._trace(trace))

    async def search(self, search: Search) -> list[list[dict[str, Any]]]:
        """The fitting traces, whole, newest first."""
        return await self._do(lambda: [self._trace(trace) for trace in self._fitting(search)])

    async def close(self) -> None:
        await self._do(self._db.close)
        self._thread.shutdown()

    async def _do(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _add(self, rows: Sequence[Row]) -> None:
        now = int(time.time())
        with self._db:
            self._db.executemany(
                "insert into spans (trace, span, service, operation, start, journey, arrived, body)"
                " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                [(r.trace, r.span, r.service, r.operation, r.start, r.journey, now, r.body) for r in rows],
            )
            self._since_pruned += len(rows)
            if self._since_pruned >= _PRUNE_EVERY:
                self._since_pruned = 0
                self._db.execute("delete from spans where arrived < ?", [now - self._seconds])
                self._db.execute(
                    "delete from spans where id <= (select max(id) from spans) - ?", [self._keep]
                )

    def _column(self, query: str, *values: str) -> list[str]:
        return [row[0] for row in self._db.execute(query, values)]

    def _trace(self, trace: str) -> list[dict[str, Any]]:
        query = "select body from spans where trace = ? order by start limit ?"
        return [json.loads(body) for (body,) in self._db.execute(query, (trace, _TRACE_SPANS))]

    def _fitting(self, search: Search) -> list[str]:
        tags = dict(search.tags)
        where, values = "service = ? and start between ? and ?", [search.service, search.start, search.end]
        if search.operation:
            where, values = f"{where} and operation = ?", [*values, search.operation]
        if JOURNEY in tags:
            where, values = f"{where} and journey = ?", [*values, tags.pop(JOURNEY)]
        query = f"select trace, body from spans where {where} order by start desc limit ?"  # noqa: S608 — ours
        found: dict[str, None] = {}
        for trace, body in self._db.execute(query, [*values, _LOOKED_THROUGH]):
            if trace not in found and _fits(json.loads(body), tags, search):
                found[trace] = None
                if len(found) >= search.limit:
                    break
        return list(found)


def _fits(span: dict[str, Any], tags: Mapping[str, str], search: Search) -> bool:
    if not search.shortest <= span["duration"] <= search.longest:
        return False
    has = {tag["key"]: _text(tag["value"]) for tag in [*span["tags"], *span["process"]["tags"]]}
    return all(has.get(key) == value for key, value in tags.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
