# SPDX-License-Identifier: EUPL-1.2
"""Metrics: declared, bounded, one registry for each Program."""

from types import ModuleType

import pytest

from mash_sdk.telemetry import Telemetry, Undeclared, count, counter, gauge, histogram, record

PAID = counter("mash.test.paid", doc="paid", attributes=("mash.city",))
WAIT = histogram("mash.test.wait", doc="wait", buckets=(0.1, 1.0))
AGE = gauge("mash.test.age", unit="s", doc="age")


def test_each_program_counts_for_itself() -> None:
    one, two = Telemetry("one", strict=True), Telemetry("two", strict=True)
    with one.active():
        count(PAID, attributes={"mash.city": "heidelberg"})
        count(PAID, 2, attributes={"mash.city": "heidelberg"})
        record(WAIT, 0.5)
        record(AGE, 7)
    assert b'mash_test_paid_total{mash_city="heidelberg"} 3.0' in one.metrics_text()
    assert b'mash_test_wait_seconds_bucket{le="1.0"} 1.0' in one.metrics_text()
    assert b"mash_test_age_seconds 7.0" in one.metrics_text()
    assert b"mash_test" not in two.metrics_text()


def test_without_a_program_nothing_is_counted() -> None:
    count(PAID)
    record(WAIT, 1)


def test_what_a_service_declares_shows_up_from_the_start() -> None:
    signals = ModuleType("signals")
    signals.AGE = AGE  # type: ignore[attr-defined]
    telemetry = Telemetry("one")
    telemetry.declare(signals)
    assert b"mash_test_age_seconds 0.0" in telemetry.metrics_text()


def test_too_many_values_become_other() -> None:
    telemetry = Telemetry("one", strict=True)
    with telemetry.active():
        for number in range(PAID.values + 50):
            count(PAID, attributes={"mash.city": f"city-{number}"})
    assert b'mash_test_paid_total{mash_city="other"} 50.0' in telemetry.metrics_text()


def test_undeclared_attributes_are_refused_in_tests_and_dropped_in_production() -> None:
    with Telemetry("one", strict=True).active(), pytest.raises(Undeclared, match="declares no attributes"):
        count(PAID, attributes={"mash.person": "Erika"})
    telemetry = Telemetry("one")
    with telemetry.active():
        count(PAID, attributes={"mash.person": "Erika"})
    assert b"Erika" not in telemetry.metrics_text()


def test_a_metric_is_used_as_what_it_is() -> None:
    with Telemetry("one").active():
        with pytest.raises(Undeclared, match="not a counter"):
            count(AGE)
        with pytest.raises(Undeclared, match=r"use count\(\)"):
            record(PAID, 1)


def test_names_are_checked() -> None:
    with pytest.raises(ValueError, match="no signal name"):
        counter("Payments", doc="x")
