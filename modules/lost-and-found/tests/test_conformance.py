# SPDX-License-Identifier: EUPL-1.2
"""A module like every other: the SDK's suite over its bench."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest
from google.protobuf.message import Message

from mash.lost_and_found.v1.events_pb2 import ItemReported
from mash_lost_and_found.model import Category, Kind, Report
from mash_lost_and_found.store import SqlReports
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench, ModuleConformance

LOST, REPORTER = new_id(), new_id()


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    """With two reports that fit, whose event has not been handled yet."""
    bench = await bench_of("mash_lost_and_found")
    now = bench.clock.now()
    lost = Report(
        LOST,
        Kind.LOST,
        Category.BAG,
        "blauer Rucksack",
        "Bahnhof",
        now.date(),
        REPORTER,
        "a@example.org",
        now,
        delete_after=now + timedelta(days=1),
    )
    async with bench.unit() as unit:
        await SqlReports().add(unit, lost)
        await SqlReports().add(unit, replace(lost, id=new_id(), kind=Kind.FOUND))
    return bench


class TestConformance(ModuleConformance):
    examples: ClassVar[Sequence[Message]] = (
        ItemReported(report_id=LOST, kind=Kind.LOST, category=Category.BAG),
    )
    known: ClassVar[Mapping[str, str]] = {"report_id": LOST}
    subject: ClassVar[str] = REPORTER
