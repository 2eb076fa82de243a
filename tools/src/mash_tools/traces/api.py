# SPDX-License-Identifier: EUPL-1.2
"""The store's HTTP door, plain ASGI: OTLP/HTTP in, the query API that Jaeger's own pages use out."""

import json
import re
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, unquote

from mash_tools.traces.otlp import ACCEPTED, NotOtlp, rows_of
from mash_tools.traces.store import Search, Store

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SENT_LIMIT = 4 << 20
"""Bytes of a request's body as sent, and below unpacked."""
UNPACKED_LIMIT = 32 << 20
_MOST_TRACES = 500
_LOOKBACK = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|µs|ms|s)")
_MICROSECONDS = {"us": 1, "µs": 1, "ms": 1000, "s": 1_000_000}


class Refused(Exception):
    """An answer that is no success, in the shape Jaeger gives it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def app_of(store: Store) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            kind, body = await _answer(store, scope, receive)
            status = 200
        except Refused as err:
            told = {"data": None, "errors": [{"code": err.status, "msg": str(err)}]}
            status, kind, body = err.status, "application/json", json.dumps(told).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _answer(store: Store, scope: Scope, receive: Receive) -> tuple[str, bytes]:
    method, path = scope["method"], scope["path"]
    if path == "/v1/traces":
        if method != "POST":
            raise Refused(405, "POST it")
        await _take(store, scope, receive)
        return "application/x-protobuf", ACCEPTED
    if method not in {"GET", "HEAD"}:
        raise Refused(405, "only GET")
    if path == "/healthz":
        return "text/plain", b"ok\n"
    data = await _asked(store, path, parse_qs(scope["query_string"].decode("latin-1")))
    told = {"data": data, "total": len(data), "limit": 0, "offset": 0, "errors": None}
    return "application/json", json.dumps(told, ensure_ascii=False).encode()


async def _asked(store: Store, path: str, query: dict[str, list[str]]) -> list[Any]:
    match path.strip("/").split("/"):
        case ["api", "services"]:
            return await store.services()
        case ["api", "services", service, "operations"]:
            return await store.operations(unquote(service))
        case ["api", "traces"]:
            return [_shown(spans) for spans in await store.search(_search(query))]
        case ["api", "traces", trace] if spans := await store.trace(trace.lower().zfill(32)):
            return [_shown(spans)]
        case ["api", "traces", _]:
            raise Refused(404, "trace not found")
    raise Refused(404, "no such path")


async def _take(store: Store, scope: Scope, receive: Receive) -> None:
    headers = {name.lower(): value for name, value in scope["headers"]}
    if headers.get(b"content-type", b"").split(b";")[0].strip() != b"application/x-protobuf":
        raise Refused(415, "OTLP in protobuf is what this store reads")
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the body ended early")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > SENT_LIMIT:
            raise Refused(413, f"more than {SENT_LIMIT} bytes")
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in {b"identity", b"gzip"}:
        raise Refused(415, "content-encoding: gzip or none")
    try:
        rows = rows_of(_unpacked(bytes(body)) if encoding == b"gzip" else bytes(body))
    except NotOtlp:
        raise Refused(400, "no OTLP trace export request") from None
    await store.add(rows)


def _unpacked(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(data, UNPACKED_LIMIT)
    except zlib.error:
        raise Refused(400, "the body is no gzip") from None
    if inflater.unconsumed_tail:
        raise Refused(413, f"more than {UNPACKED_LIMIT} bytes when unpacked")
    if not inflater.eof:
        raise Refused(400, "the body ended early")
    return plain


def _search(query: dict[str, list[str]]) -> Search:
    one = {name: values[0] for name, values in query.items()}
    if not one.get("service"):
        raise Refused(400, "parameter 'service' is required")
    now = int(time.time() * 1_000_000)
    start = _number(one, "start", 0)
    if one.get("lookback", "custom") != "custom" and "start" not in one:
        fits = _LOOKBACK.fullmatch(one["lookback"])
        if not fits:
            raise Refused(400, "lookback: a number and s, m, h, d or w")
        start = now - int(fits[1]) * _UNITS[fits[2]] * 1_000_000
    return Search(
        service=one["service"],
        operation="" if one.get("operation") in {None, "all"} else one["operation"],
        tags=_tags(query),
        start=start,
        end=_number(one, "end", 1 << 62),
        shortest=_duration(one, "minDuration", 0),
        longest=_duration(one, "maxDuration", 1 << 62),
        limit=max(1, min(_number(one, "limit", 20), _MOST_TRACES)),
    )


def _tags(query: dict[str, list[str]]) -> dict[str, str]:
    """`tags={"key":"value"}` as Jaeger's page sends it, and `tag=key:value`."""
    tags: dict[str, str] = {}
    for text in query.get("tags", ()):
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
            raise Refused(400, "tags: a JSON object of strings")
        tags |= told
    for text in query.get("tag", ()):
        key, colon, value = text.partition(":")
        if not colon:
            raise Refused(400, "tag: key:value")
        tags[key] = value
    return tags


def _number(one: dict[str, str], name: str, default: int) -> int:
    text = one.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 — fits SQLite's integer
        raise Refused(400, f"{name}: a whole number")
    return int(text)


def _duration(one: dict[str, str], name: str, default: int) -> int:
    text = one.get(name, "")
    if not text:
        return default
    fits = _DURATION.fullmatch(text)
    if not fits:
        raise Refused(400, f"{name}: a number and us, ms or s")
    return int(float(fits[1]) * _MICROSECONDS[fits[2]])


def _shown(spans: list[dict[str, Any]]) -> dict[str, Any]:
    """A trace as Jaeger shows it: processes are named once and referred to."""
    names: dict[str, str] = {}
    processes: dict[str, Any] = {}
    for span in spans:
        process = span.pop("process")
        told = json.dumps(process, sort_keys=True)
        if told not in names:
            names[told] = f"p{len(names) + 1}"
            processes[names[told]] = process
        span["processID"] = names[told]
    return {"traceID": spans[0]["traceID"], "spans": spans, "processes": processes, "warnings": None}
