# SPDX-License-Identifier: EUPL-1.2
"""Telemetry: one tracer provider and one metrics registry for one Program."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from types import ModuleType
from typing import Protocol, TypeVar, get_args

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, use_span
from opentelemetry.util.types import AttributeValue

from mash_sdk import signals
from mash_sdk.metrics import Metric
from mash_sdk.telemetry.current import Door, current_door, current_telemetry
from mash_sdk.telemetry.export import Guarded, otlp_exporter
from mash_sdk.telemetry.failures import note
from mash_sdk.telemetry.meters import Meters, Undeclared
from mash_sdk.telemetry.propagation import extract, link_to

_DELAY_MS = 200
_STOP_SECONDS = 3.0
_TEXT = 1000
_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_LINKS = 512
"""A batch's span points to each request that filled it; a poll brings at most 500."""


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class _JourneyOnSpans(SpanProcessor):
    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002 - OTel's
        door = current_door.get()
        if door is not None and door.journey is not None:
            span.set_attribute("mash.journey.id", door.journey)


class Telemetry:
    """Traces and metrics of one Program.

    `otlp` is an OTLP/HTTP base URL, None exports nothing. `ratio` of new traces is kept (a caller's decision
    holds). `strict` (tests) refuses undeclared attributes at once; otherwise they are dropped.
    `exporters` receive each span as it ends.
    """

    def __init__(
        self,
        name: str,
        version: str = "0",
        otlp: str | None = None,
        *,
        ratio: float = 1.0,
        strict: bool = False,
        exporters: Sequence[SpanExporter] = (),
    ) -> None:
        self.name = name
        self.strict = strict
        self.meters = Meters(strict=strict)
        self.attributes: set[str] = set()
        self.undeclared: set[str] = set()
        self.declare(signals)
        resource = Resource({"service.name": name, "service.version": version})
        processors = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]

        def provider(sampler: Sampler) -> TracerProvider:
            return TracerProvider(
                sampler=sampler,
                resource=resource,
                shutdown_on_exit=False,
                active_span_processor=processors,
                span_limits=SpanLimits(max_span_attribute_length=_TEXT, max_links=_LINKS),
            )

        self._provider = provider(ParentBased(TraceIdRatioBased(ratio)))
        self._ratio = ratio
        self._random = Random()  # noqa: S311 — chance and ids of traces keep no secret
        self._provider.add_span_processor(_JourneyOnSpans())
        self._outlet: Guarded | None = None
        self._companions: dict[type, Closable] = {}
        for exporter in exporters:
            self._provider.add_span_processor(SimpleSpanProcessor(Guarded(exporter, self)))
        if otlp:
            self._outlet = Guarded(otlp_exporter(otlp), self)
            self._provider.add_span_processor(
                BatchSpanProcessor(self._outlet, schedule_delay_millis=_DELAY_MS)
            )
        self._tracer = self._provider.get_tracer("mash_sdk", version)
        self._kept = provider(ALWAYS_ON).get_tracer("mash_sdk", version)

    def declare(self, module: ModuleType) -> None:
        """Take over a signals.py: its metrics show up from the start, its `Attribute` names are allowed."""
        self.attributes |= set(get_args(getattr(module, "Attribute", None)))
        for value in vars(module).values():
            if isinstance(value, Metric):
                self.meters.declare(value)
                self.attributes |= set(value.attributes)

    def companion(self, kind: type[C]) -> C:
        """The Program's only object of `kind`, made when first asked for and closed with the Program.

        For what code reaches without being handed it, as the process pool behind in_process().
        """
        made = self._companions.get(kind) or self._companions.setdefault(kind, kind())
        if not isinstance(made, kind):
            raise TypeError(kind)
        return made

    @contextmanager
    def active(self) -> Iterator["Telemetry"]:
        """Make step(), observed(), count() and record() inside find this Program."""
        token = current_telemetry.set(self)
        try:
            yield self
        finally:
            current_telemetry.reset(token)

    @contextmanager
    def door(
        self,
        name: str,
        carrier: Mapping[str, str] | Context | None = None,
        *,
        kind: SpanKind = SpanKind.SERVER,
        links: Iterable[str | None] = (),
        attributes: Mapping[str, AttributeValue] | None = None,
        journey: str | None = None,
    ) -> Iterator[Door]:
        """Enter the Program: a span continuing what `carrier` (lower-case headers or a context) names.

        The yielded Door shows `span`, and `journey` once something inside joined one.
        """
        door = Door(journey=journey)
        parent = carrier if isinstance(carrier, Context) else extract(carrier)
        entered = current_door.set(door)
        try:
            opened = self.span(name, kind=kind, parent=parent, links=links, attributes=attributes)
            with self.active(), opened as span:
                door.span = span
                yield door
        finally:
            current_door.reset(entered)

    def arrival(self, name: str, sent: bytes | None) -> tuple[Span | None, bytes]:
        """`door` where each microsecond counts: nothing inside it may ask for the running span.

        Returns the span, which the caller ends, or None if the trace is not sampled; and the traceparent to
        pass on. `sent` is the traceparent that came.
        """
        known = _TRACEPARENT.fullmatch(sent) if sent is not None else None
        if known is not None and sent is not None and int(known[2], 16) & 1:
            parent = extract({"traceparent": sent.decode("ascii")})
            span = self._tracer.start_span(name, context=parent, kind=SpanKind.SERVER)
        elif known is None and self._random.random() < self._ratio:
            span = self._kept.start_span(name, context=Context(), kind=SpanKind.SERVER)
        else:
            trace = known[1] if known is not None else b"%032x" % self._random.getrandbits(128)
            return None, b"00-%b-%016x-00" % (trace, self._random.getrandbits(64))
        about = span.get_span_context()
        return span, b"00-%032x-%016x-%02x" % (about.trace_id, about.span_id, about.trace_flags)

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Context | str | None = None,
        links: Iterable[str | None] = (),
        attributes: Mapping[str, AttributeValue] | None = None,
    ) -> Iterator[Span]:
        """See `step`."""
        span = self._tracer.start_span(
            name,
            context=extract({"traceparent": parent}) if isinstance(parent, str) else parent,
            kind=kind,
            links=[link for link in map(link_to, links) if link is not None],
            attributes=self._declared(attributes or {}),
        )
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except BaseException as error:
                note(span, error)
                raise

    def metrics_text(self) -> bytes:
        """What /metrics answers, as METRICS_MEDIA_TYPE."""
        return self.meters.text()

    def flush(self) -> None:
        """Send what waits. Blocks: for tests and the end of a command."""
        self._provider.force_flush()

    async def close(self) -> None:
        """Close companions, send what waits and stop; gives up after a few seconds."""
        for companion in self._companions.values():
            await companion.close()
        if self._outlet is not None:
            self._outlet.stop_at = time.monotonic() + _STOP_SECONDS
        await asyncio.to_thread(self._provider.shutdown)

    def _declared(self, attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        unknown = attributes.keys() - self.attributes
        if unknown:
            self.undeclared |= unknown
            if self.strict:
                raise Undeclared(f"no signals.py declares the attribute {sorted(unknown)}")
        return {name: value for name, value in attributes.items() if name not in unknown}
