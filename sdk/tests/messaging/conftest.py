# SPDX-License-Identifier: EUPL-1.2
"""The probe: a service made for these tests, on a bench."""

import asyncio
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash_sdk.testing import Bench


class Probe:
    """A bench of the probe, and what its handlers did."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        found = {kind.__name__: thing for kind, thing in bench.program.provides.items()}
        self.script: Any = found["Script"]

    async def submit(self, key: str, *forms: str, settle: bool = True) -> None:
        """Facts about one application, told apart by their form."""
        for form in forms:
            await self.bench.deliver(ApplicationSubmitted(application_id=key, form=form), settle=settle)

    async def handled(self, key: str | None = None) -> list[str]:
        """What had an effect, in order."""
        async with self.bench.program.database.worker_unit() as unit:
            rows = await unit.connection.execute(text("select key, what from handled order by id"))
            return [what for of, what in rows if key in (None, of)]

    async def until(self, holds: Callable[[], Awaitable[bool]], within: float = 20) -> None:
        """Wait in real time until something holds that others bring about."""
        deadline = time.monotonic() + within
        while not await holds():
            assert time.monotonic() < deadline, f"does not hold within {within} s"
            await asyncio.sleep(0.02)

    async def wait(self, **time: float) -> None:
        self.bench.clock.forward(**time)
        await self.bench.settle()


@pytest.fixture(scope="session")
def probe_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder beside this file as an importable package (there is no __init__.py under tests)."""
    place = tmp_path_factory.mktemp("packages")
    shutil.copytree(Path(__file__).with_name("probe"), place / "mash_probe")
    (place / "mash_probe" / "__init__.py").touch()
    sys.path.insert(0, str(place))
    yield "mash_probe"
    sys.path.remove(str(place))


@pytest.fixture
async def probe(bench_of: Callable[..., Awaitable[Bench]], probe_package: str) -> Probe:
    return Probe(await bench_of(probe_package))
