# SPDX-License-Identifier: EUPL-1.2
"""Declarations of metrics: a name, a unit, a meaning, and the attributes it may carry.

A declaration holds no state. Each Program counts in a registry of its own (`telemetry.meters`),
so that several run in one process without meeting.
"""

import re
from dataclasses import dataclass
from typing import Literal

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_UNITS = {"1": "", "s": "_seconds", "By": "_bytes"}

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A declared metric. An attribute has at most `values` different values: all others count as `other`."""

    kind: Kind
    name: str
    unit: str
    doc: str
    attributes: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS
    values: int = 200

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no signal name: lower-case words joined by dots")

    @property
    def exposed(self) -> str:
        """The name Prometheus shows, after the OpenTelemetry compatibility rules (`_total` comes on top)."""
        return self.name.replace(".", "_") + _UNITS.get(self.unit, "")


def counter(name: str, *, unit: str = "1", doc: str, attributes: tuple[str, ...] = ()) -> Metric:
    """Declare something that only grows. Unit in UCUM: `1`, `s`, `By`."""
    return Metric("counter", name, unit, doc, attributes)


def histogram(
    name: str,
    *,
    unit: str = "s",
    doc: str,
    attributes: tuple[str, ...] = (),
    buckets: tuple[float, ...] = SECONDS,
) -> Metric:
    """Declare a distribution; `buckets` are upper bounds in `unit`."""
    return Metric("histogram", name, unit, doc, attributes, buckets)


def gauge(name: str, *, unit: str = "1", doc: str, attributes: tuple[str, ...] = ()) -> Metric:
    """Declare a value that goes up and down; `record` sets it."""
    return Metric("gauge", name, unit, doc, attributes)
