# SPDX-License-Identifier: EUPL-1.2
"""What a service's code says while it runs. Without a running Program all of it does nothing."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind
from opentelemetry.util.types import AttributeValue

from mash_sdk.metrics import Metric
from mash_sdk.telemetry.current import current


@contextmanager
def step(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | str | None = None,
    links: Iterable[str | None] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """A span around what follows.

    `parent` continues another trace (a stored traceparent or an extracted context), not the running span;
    `links` are stored traceparents this work also belongs to. Exceptions are noted by type and go on.
    """
    telemetry = current()
    if telemetry is None:
        yield INVALID_SPAN
        return
    with telemetry.span(name, kind=kind, parent=parent, links=links, attributes=attributes) as span:
        yield span


def count(metric: Metric, n: float = 1, attributes: Mapping[str, object] | None = None) -> None:
    """Add `n` to a counter."""
    telemetry = current()
    if telemetry is not None:
        telemetry.meters.count(metric, n, attributes or {})


def record(metric: Metric, value: float, attributes: Mapping[str, object] | None = None) -> None:
    """Observe a value of a histogram, or set a gauge."""
    telemetry = current()
    if telemetry is not None:
        telemetry.meters.record(metric, value, attributes or {})
