# SPDX-License-Identifier: EUPL-1.2
"""Spans in memory: what a Program under test traced, and whether one thing led to another."""

from collections.abc import Iterable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id


class Spans:
    """Collects finished spans of one or several Programs: `Telemetry(…, exporters=[spans.exporter])`."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()

    @property
    def exporter(self) -> SpanExporter:
        return self._memory

    @property
    def all(self) -> Sequence[ReadableSpan]:
        return self._memory.get_finished_spans()

    def named(self, name: str, service: str | None = None) -> list[ReadableSpan]:
        return [s for s in self.all if s.name == name and service in {None, service_of(s)}]

    def one(self, name: str, service: str | None = None) -> ReadableSpan:
        """The only span of that name, or an AssertionError saying which there are."""
        found = self.named(name, service)
        assert len(found) == 1, (
            f"{len(found)} spans {name!r} of {service or 'any service'}:\n{drawn(self.all)}"
        )
        return found[0]

    def clear(self) -> None:
        self._memory.clear()


def service_of(span: ReadableSpan) -> str:
    return str(span.resource.attributes.get("service.name", ""))


def assert_edge(spans: Spans | Iterable[ReadableSpan], parent: str, child: str) -> None:
    """Assert that a span `child` has a span `parent` directly above it.

    Names may be qualified by the service: `forms:GET /apply`.
    """
    known = list(spans.all if isinstance(spans, Spans) else spans)
    parents = {_id(s) for s in known if _is(s, parent)}
    children = [s for s in known if _is(s, child)]
    assert parents, f"no span {parent!r} in:\n{drawn(known)}"
    assert children, f"no span {child!r} in:\n{drawn(known)}"
    edges = {(s.context.trace_id, s.parent.span_id) for s in children if s.context and s.parent}
    assert parents & edges, f"{child!r} is no child of {parent!r} in:\n{drawn(known)}"


def drawn(spans: Iterable[ReadableSpan]) -> str:
    """The spans as an indented text, for the message of a failed assertion."""
    known = list(spans)
    ids = {_id(s) for s in known}
    lines: list[str] = []

    def walk(span: ReadableSpan, depth: int) -> None:
        lines.append(f"{'  ' * depth}{service_of(span)}:{span.name}")
        for other in known:
            if other.parent and (other.parent.trace_id, other.parent.span_id) == _id(span):
                walk(other, depth + 1)

    for span in known:
        if span.parent is None or (span.parent.trace_id, span.parent.span_id) not in ids:
            trace, own = _id(span)
            lines.append(f"trace {format_trace_id(trace)} from {format_span_id(own)}")
            walk(span, 1)
    return "\n".join(lines) or "(no spans)"


def _is(span: ReadableSpan, name: str) -> bool:
    return name in {span.name, f"{service_of(span)}:{span.name}"}


def _id(span: ReadableSpan) -> tuple[int, int]:
    return (span.context.trace_id, span.context.span_id) if span.context else (0, 0)
