# SPDX-License-Identifier: EUPL-1.2
"""The metrics of one Program, in a Prometheus registry of its own."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from mash_sdk.metrics import Metric

METRICS_MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"


class Undeclared(Exception):
    """A signal or attribute was used that no signals.py declares."""


class Meters:
    """Counts what was declared. Unknown attributes are refused (`strict`) or dropped; values are bounded."""

    def __init__(self, *, strict: bool) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._strict = strict
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        self._seen: dict[tuple[str, str], set[str]] = {}

    def declare(self, metric: Metric) -> None:
        """Make the metric show up before it is first used."""
        self._instrument(metric)

    def count(self, metric: Metric, n: float, attributes: Mapping[str, object]) -> None:
        instrument = self.bound(metric, attributes)
        if not isinstance(instrument, Counter):
            raise Undeclared(f"{metric.name} is a {metric.kind}, not a counter: use record()")
        instrument.inc(n)

    def record(self, metric: Metric, value: float, attributes: Mapping[str, object]) -> None:
        instrument = self.bound(metric, attributes)
        if isinstance(instrument, Histogram):
            instrument.observe(value)
        elif isinstance(instrument, Gauge):
            instrument.set(value)
        else:
            raise Undeclared(f"{metric.name} is a counter: use count()")

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def bound(self, metric: Metric, attributes: Mapping[str, object]) -> Counter | Gauge | Histogram:
        """The metric for these values alone, to be kept where it is used very often."""
        unknown = attributes.keys() - set(metric.attributes)
        if unknown and self._strict:
            raise Undeclared(f"{metric.name} declares no attributes {sorted(unknown)}")
        instrument = self._instrument(metric)
        if not metric.attributes:
            return instrument
        values = ((name, str(attributes.get(name, ""))) for name in metric.attributes)
        return instrument.labels(*(self._bounded(metric, name, value) for name, value in values))

    def _bounded(self, metric: Metric, attribute: str, value: str) -> str:
        seen = self._seen.setdefault((metric.name, attribute), set())
        if value in seen:
            return value
        if len(seen) >= metric.values:
            return OTHER
        seen.add(value)
        return value

    def _instrument(self, metric: Metric) -> Counter | Gauge | Histogram:
        made = self._made.get(metric.name)
        if made is None:
            labels = [attribute.replace(".", "_") for attribute in metric.attributes]
            name, doc = metric.exposed, metric.doc
            if metric.kind == "counter":
                made = Counter(name, doc, labels, registry=self.registry)
            elif metric.kind == "gauge":
                made = Gauge(name, doc, labels, registry=self.registry)
            else:
                made = Histogram(name, doc, labels, registry=self.registry, buckets=metric.buckets)
            self._made[metric.name] = made
        return made
