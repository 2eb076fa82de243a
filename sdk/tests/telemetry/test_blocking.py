# SPDX-License-Identifier: EUPL-1.2
"""Work in other processes: results, errors, a worker that dies, and an event loop that goes on."""

import math
import operator
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from mash_sdk.blocking import in_process
from mash_sdk.problems import Unavailable
from mash_sdk.telemetry import Telemetry, step
from mash_sdk.testing.spans import Spans, assert_edge


@pytest.fixture
async def spans() -> AsyncIterator[Spans]:
    spans = Spans()
    telemetry = Telemetry("forms", strict=True, exporters=[spans.exporter])
    with telemetry.active():
        yield spans
    await telemetry.close()


async def test_it_runs_elsewhere_within_the_trace(spans: Spans) -> None:
    with step("issue"):
        assert await in_process(os.getpid) != os.getpid()
        assert await in_process(operator.add, 1, 2) == 3
    assert_edge(spans, "issue", "in process add")


async def test_its_errors_come_back(spans: Spans) -> None:
    with pytest.raises(ValueError, match="math domain"):
        await in_process(math.sqrt, -1)


async def test_a_worker_that_dies_is_replaced(spans: Spans) -> None:
    with pytest.raises(Unavailable):
        await in_process(os._exit, 3)
    assert await in_process(operator.add, 1, 2) == 3


async def test_outside_of_a_program_there_is_no_pool() -> None:
    with pytest.raises(RuntimeError, match="no Program"):
        await in_process(time.sleep, 0)


OWNER = """
import asyncio, os
from mash_sdk.blocking import Processes

async def main():
    print(await Processes(1).run(os.getpid), flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_workers_end_with_a_program_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        worker = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
        assert worker.wait(timeout=20) is None
        assert not worker.is_running()
