# SPDX-License-Identifier: EUPL-1.2
"""A module like every other: the SDK's suite over its bench."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from google.protobuf.message import Message

from mash.waste.v1.events_pb2 import DeliveryOrdered
from mash_sdk.testing import Bench, ModuleConformance


class TestConformance(ModuleConformance):
    examples: ClassVar[Sequence[Message]]
    readings: ClassVar[Sequence[Message]]
    known: ClassVar[Mapping[str, str]]

    @pytest.fixture
    async def bench(self, town: Any, request: pytest.FixtureRequest) -> Bench:
        """With a plan that is under way, and a delivery to be done."""
        bench: Bench = town.bench
        await bench.deliver(town.decided(town.forms.order()))
        planned = await bench.client(roles=("dispatcher",)).post(
            "/api/waste/v1/plans", json={"fraction": "glass"}
        )
        assert planned.status_code == 201, planned.text
        request.instance.known = {
            "plan_id": planned.json()["id"],
            "vehicle": planned.json()["tours"][0]["vehicle"],
            "delivery_id": bench.announced(DeliveryOrdered)[0].delivery_id,
        }
        request.instance.examples = (town.decided(town.forms.order(wish="return")),)
        request.instance.readings = (
            town.batch("Papier Bergheim", 95.0),
            town.batch("Papier Hauptbahnhof", 0.2),
        )
        return bench
