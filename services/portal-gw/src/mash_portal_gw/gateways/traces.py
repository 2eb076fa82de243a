# SPDX-License-Identifier: EUPL-1.2
"""The span store, by Jaeger's JSON query API (/api/traces)."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from mash_portal_gw.model.trace import JOURNEY, TRACE_ID, Span, Trace
from mash_sdk.problems import NotFound, Unavailable


class Traces:
    """Asks the span store. None as address: there is none, and pages say so."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=5)

    async def services(self) -> list[str]:
        return sorted(map(str, await self._get("/api/services", {})))

    async def of_journey(self, journey: str, limit: int = 200) -> list[Trace]:
        """Every trace of a journey, whichever service began it, oldest first."""
        found: dict[str, Trace] = {}
        tags = json.dumps({JOURNEY: journey})
        for service in await self.services():
            asked = {"service": service, "tags": tags, "limit": str(limit), "lookback": "custom"}
            for one in await self._get("/api/traces", asked):
                trace = read(one)
                found[trace.id] = trace
        return sorted(found.values(), key=lambda trace: trace.began)

    async def newest(self, service: str, limit: int = 30) -> list[Trace]:
        said = await self._get("/api/traces", {"service": service, "limit": str(limit)})
        return sorted((read(one) for one in said), key=lambda trace: trace.began, reverse=True)

    async def one(self, trace: str) -> Trace:
        if not TRACE_ID.fullmatch(trace):
            raise NotFound("Das ist keine Kennung einer Spur: 32 Hexadezimalziffern.")
        said = await self._get(f"/api/traces/{trace}", {})
        if not said:
            raise NotFound("Diese Spur ist nicht (mehr) gespeichert.")
        return read(said[0])

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str, asked: Mapping[str, str]) -> list[Any]:
        if self._url is None:
            raise NotFound("Dieser Plattform ist kein Speicher für Spuren genannt.")
        try:
            answer = await self._http.get(self._url.rstrip("/") + path, params=dict(asked))
            if answer.status_code == httpx.codes.NOT_FOUND:
                return []
            return list(answer.raise_for_status().json().get("data") or [])
        except (httpx.HTTPError, ValueError, AttributeError) as err:
            raise Unavailable("Der Speicher für Spuren antwortet nicht.") from err


def read(said: Mapping[str, Any]) -> Trace:
    """One trace of Jaeger's answer."""
    processes = {name: str(p.get("serviceName", "?")) for name, p in said.get("processes", {}).items()}
    spans = [_span(one, processes) for one in said.get("spans", ())]
    return Trace(str(said.get("traceID", "")), _as_tree(spans))


def _span(one: Mapping[str, Any], processes: Mapping[str, str]) -> Span:
    tags = {str(tag.get("key")): str(tag.get("value")) for tag in one.get("tags", ())}
    parent = next(
        (str(ref["spanID"]) for ref in one.get("references", ()) if ref.get("refType") == "CHILD_OF"), ""
    )
    links = [
        str(ref["traceID"])
        for ref in one.get("references", ())
        if ref.get("refType") == "FOLLOWS_FROM" and TRACE_ID.fullmatch(str(ref.get("traceID")))
    ]
    failed = tags.get("error", "").lower() == "true" or tags.get("otel.status_code") == "ERROR"
    return Span(
        id=str(one.get("spanID", "")),
        parent=parent,
        service=processes.get(str(one.get("processID")), "?"),
        name=str(one.get("operationName", "")),
        began=int(one.get("startTime", 0)),
        took=int(one.get("duration", 0)),
        failed=failed,
        tags=tags,
        links=links,
    )


def _as_tree(spans: list[Span]) -> list[Span]:
    known = {span.id for span in spans}
    children: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda one: one.began):
        children.setdefault(
            span.parent if span.parent in known and span.parent != span.id else "", []
        ).append(span)
    ordered: list[Span] = []
    waiting = [(span, 0) for span in reversed(children.get("", []))]
    while waiting:
        span, depth = waiting.pop()
        span.depth = depth
        ordered.append(span)
        waiting += [(child, depth + 1) for child in reversed(children.pop(span.id, []))]
    return ordered
