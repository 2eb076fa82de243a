# SPDX-License-Identifier: EUPL-1.2
"""The way out for spans: only declared attributes leave, and a trace store that is down does no harm."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.util.types import AttributeValue

from mash_sdk.signals import SPANS_LOST

if TYPE_CHECKING:
    from mash_sdk.telemetry.provider import Telemetry

_log = logging.getLogger(__name__)
_TIMEOUT = 2.0


def otlp_exporter(base_url: str) -> OTLPSpanExporter:
    """OTLP/HTTP protobuf to `<base_url>/v1/traces`."""
    # It reports each lost batch itself; Guarded says it once.
    logging.getLogger("opentelemetry.exporter.otlp").setLevel(logging.CRITICAL)
    return OTLPSpanExporter(
        endpoint=f"{base_url.rstrip('/')}/v1/traces", timeout=_TIMEOUT, compression=Compression.Gzip
    )


class Guarded(SpanExporter):
    """Drops undeclared attributes before `inner` sees a span; logs an outage at its start and its end.

    After `stop_at` (monotonic seconds) nothing is sent any more, so that stopping is quick.
    """

    def __init__(self, inner: SpanExporter, telemetry: "Telemetry") -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._failing = False
        self.stop_at: float | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.stop_at is not None and time.monotonic() > self.stop_at:
            return SpanExportResult.FAILURE
        result = self._inner.export([self._checked(span) for span in spans])
        failed = result is not SpanExportResult.SUCCESS
        if failed:
            self._telemetry.meters.count(SPANS_LOST, len(spans), {})
        if failed is not self._failing:
            self._failing = failed
            _log.warning("the trace store %s", "does not take spans" if failed else "takes spans again")
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._inner.force_flush(timeout_millis)

    def _checked(self, span: ReadableSpan) -> ReadableSpan:
        allowed = self._telemetry.attributes
        unknown = {name for name in span.attributes or {} if name not in allowed}
        foreign = {name for event in span.events for name in event.attributes or {} if name not in allowed}
        if not unknown and not foreign:
            return span
        self._telemetry.undeclared |= unknown | foreign
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._kept(span.attributes),
            events=[Event(e.name, self._kept(e.attributes), e.timestamp) for e in span.events],
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _kept(self, attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
        allowed = self._telemetry.attributes
        return {name: value for name, value in (attributes or {}).items() if name in allowed}
