# SPDX-License-Identifier: EUPL-1.2
"""OTLP trace export requests as rows to store: each span in the JSON shape of Jaeger's query API."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

JOURNEY = "mash.journey.id"
ACCEPTED = ExportTraceServiceResponse().SerializeToString()

_KINDS = {
    Span.SPAN_KIND_INTERNAL: "internal",
    Span.SPAN_KIND_SERVER: "server",
    Span.SPAN_KIND_CLIENT: "client",
    Span.SPAN_KIND_PRODUCER: "producer",
    Span.SPAN_KIND_CONSUMER: "consumer",
}
_TRACE_ID, _SPAN_ID = 16, 8

Tag = dict[str, Any]


class NotOtlp(Exception):
    """The bytes are no ExportTraceServiceRequest."""


@dataclass(frozen=True, slots=True)
class Row:
    trace: str
    span: str
    service: str
    operation: str
    start: int
    """Microseconds since 1970."""
    journey: str | None
    body: str
    """Jaeger's JSON of the span, with its process inside instead of a processID."""


def rows_of(data: bytes) -> list[Row]:
    """The spans of an export request; those without proper ids are left out. Raise NotOtlp."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(data)
    except DecodeError as err:
        raise NotOtlp from err
    return [row for group in request.resource_spans for row in _group(group)]


def _group(group: ResourceSpans) -> Iterator[Row]:
    tags = _tags(group.resource.attributes)
    service = next((str(tag["value"]) for tag in tags if tag["key"] == "service.name"), "unknown")
    process = {"serviceName": service, "tags": [tag for tag in tags if tag["key"] != "service.name"]}
    for scope in group.scope_spans:
        for span in scope.spans:
            if len(span.trace_id) == _TRACE_ID and len(span.span_id) == _SPAN_ID:
                yield _row(span, service, process)


def _row(span: Span, service: str, process: dict[str, Any]) -> Row:
    tags = [*_tags(span.attributes), *_said(span)]
    trace, own = span.trace_id.hex(), span.span_id.hex()
    start = span.start_time_unix_nano // 1000
    body = {
        "traceID": trace,
        "spanID": own,
        "operationName": span.name,
        "references": list(_references(span)),
        "startTime": start,
        "duration": max(0, span.end_time_unix_nano // 1000 - start),
        "tags": tags,
        "logs": [
            {
                "timestamp": event.time_unix_nano // 1000,
                "fields": [_tag("event", event.name), *_tags(event.attributes)],
            }
            for event in span.events
        ],
        "process": process,
        "warnings": None,
    }
    journey = next((str(tag["value"]) for tag in tags if tag["key"] == JOURNEY), None)
    return Row(trace, own, service, span.name, start, journey, json.dumps(body, ensure_ascii=False))


def _references(span: Span) -> Iterator[dict[str, str]]:
    if span.parent_span_id:
        yield {"refType": "CHILD_OF", "traceID": span.trace_id.hex(), "spanID": span.parent_span_id.hex()}
    for link in span.links:
        yield {"refType": "FOLLOWS_FROM", "traceID": link.trace_id.hex(), "spanID": link.span_id.hex()}


def _said(span: Span) -> Iterator[Tag]:
    if span.kind in _KINDS:
        yield _tag("span.kind", _KINDS[span.kind])
    if span.status.code == Status.STATUS_CODE_ERROR:
        yield _tag("otel.status_code", "ERROR")
        yield _tag("error", value=True)
        if span.status.message:
            yield _tag("otel.status_description", span.status.message)


def _tags(attributes: Iterable[KeyValue]) -> list[Tag]:
    return [_tag(attribute.key, _plain(attribute.value)) for attribute in attributes]


def _tag(key: str, value: object) -> Tag:
    match value:
        case bool():
            return {"key": key, "type": "bool", "value": value}
        case int():
            return {"key": key, "type": "int64", "value": value}
        case float():
            return {"key": key, "type": "float64", "value": value}
        case str():
            return {"key": key, "type": "string", "value": value}
    return {"key": key, "type": "string", "value": json.dumps(value, default=str)}


def _plain(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case None:
            return ""
        case "array_value":
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: _plain(item.value) for item in value.kvlist_value.values}
        case "bytes_value":
            return value.bytes_value.hex()
        case kind:
            plain: object = getattr(value, kind)
            return plain
