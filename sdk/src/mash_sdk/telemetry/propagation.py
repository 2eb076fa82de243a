# SPDX-License-Identifier: EUPL-1.2
"""W3C Trace Context in and out: headers of HTTP and gRPC, and one traceparent to be stored."""

from collections.abc import Mapping, MutableMapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()


def inject(headers: MutableMapping[str, str]) -> None:
    """Write the running span into `headers`; without one they stay as they are."""
    _W3C.inject(headers)


def extract(headers: Mapping[str, str] | None) -> Context:
    """The remote parent that lower-case `headers` name; an empty context when they name none."""
    return _W3C.extract(dict(headers or {}), context=Context())


def traceparent() -> str | None:
    """The running span as one header value, to be stored (outbox) and continued later."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """The running trace's id as 32 hex digits; None without one."""
    context = trace.get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


def span_id() -> str | None:
    """The running span's id as 16 hex digits; None without one."""
    context = trace.get_current_span().get_span_context()
    return format_span_id(context.span_id) if context.is_valid else None


def link_to(stored: str | None) -> Link | None:
    """A link to a stored traceparent: for batches and long waits, where being a child would be a lie."""
    context = trace.get_current_span(extract({"traceparent": stored} if stored else None)).get_span_context()
    return Link(context) if context.is_valid else None
