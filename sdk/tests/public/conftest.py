# SPDX-License-Identifier: EUPL-1.2
"""A notice board that publishes its notes, as an importable package on a bench."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from mash_sdk.testing import Bench


@pytest.fixture(scope="session")
def board_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("boards")
    shutil.copytree(Path(__file__).with_name("probe"), place / "mash_board")
    (place / "mash_board" / "__init__.py").touch()
    sys.path.insert(0, str(place))
    yield "mash_board"
    sys.path.remove(str(place))


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], board_package: str) -> Bench:
    return await bench_of(board_package)
