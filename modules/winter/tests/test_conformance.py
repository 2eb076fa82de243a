# SPDX-License-Identifier: EUPL-1.2
"""A module like every other: the SDK's suite over its bench."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from google.protobuf.message import Message

from mash.winter.v1.events_pb2 import IceNoticeRaised, IceWarningChanged, IceWarningOpened
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench, ModuleConformance


class TestConformance(ModuleConformance):
    examples: ClassVar[Sequence[Message]]
    readings: ClassVar[Sequence[Message]]
    known: ClassVar[Mapping[str, str]]

    @pytest.fixture
    async def bench(self, night_in: Any, request: pytest.FixtureRequest) -> Bench:
        """With a warning, and a gritting plan under way: the streets of the examples are not in it."""
        night = await night_in(plan_seconds=0.2)
        assert await night.known()
        bench: Bench = night.bench
        planned = await bench.client(roles=("dispatcher",)).post(
            "/api/winter/v1/plans", json={"priorities": [1]}
        )
        assert planned.status_code == 201
        await night.frost(1)
        request.instance.known = {
            "warning_id": bench.announced(IceWarningOpened)[0].warning_id,
            "plan_id": planned.json()["id"],
            "vehicle": planned.json()["tours"][0]["vehicle"],
        }
        request.instance.examples = (
            IceWarningOpened(warning_id=new_id(), segment_id="alte-bruecke", level="warning"),
            IceWarningChanged(warning_id=new_id(), segment_id="roemerstrasse", level="warning"),
            IceNoticeRaised(
                warning_id=request.instance.known["warning_id"],
                segment_id="x",
                level="warning",
                hazard="frost",
            ),
        )
        bench.clock.forward(seconds=300)
        request.instance.readings = (night.batch(surface=-3.0), night.batch("Ernst-Walz-Brücke", air=3.0))
        return bench
