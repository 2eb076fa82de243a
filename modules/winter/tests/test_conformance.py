# SPDX-License-Identifier: EUPL-1.2
"""A module like every other: the SDK's suite over its bench."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from google.protobuf.message import Message

from mash.winter.v1.events_pb2 import IceWarningOpened
from mash_sdk.testing import Bench, ModuleConformance


class TestConformance(ModuleConformance):
    readings: ClassVar[Sequence[Message]]
    known: ClassVar[Mapping[str, str]]

    @pytest.fixture
    async def bench(self, night: Any, request: pytest.FixtureRequest) -> Bench:
        """With a warning."""
        bench: Bench = night.bench
        await night.frost(1)
        request.instance.known = {"warning_id": bench.announced(IceWarningOpened)[0].warning_id}
        bench.clock.forward(seconds=300)
        request.instance.readings = (night.batch(surface=-3.0), night.batch("Ernst-Walz-Brücke", air=3.0))
        return bench
