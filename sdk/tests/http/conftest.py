# SPDX-License-Identifier: EUPL-1.2
"""The probe of the HTTP door, as an importable package on a bench."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from mash_sdk.testing import Bench


@pytest.fixture(scope="session")
def door_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("doors")
    shutil.copytree(Path(__file__).with_name("probe"), place / "mash_doorprobe")
    (place / "mash_doorprobe" / "__init__.py").touch()
    sys.path.insert(0, str(place))
    yield "mash_doorprobe"
    sys.path.remove(str(place))


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], door_package: str) -> Bench:
    return await bench_of(door_package, body_limit=2048)
