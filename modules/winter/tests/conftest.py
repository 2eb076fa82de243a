# SPDX-License-Identifier: EUPL-1.2
"""The module on a bench."""

from collections.abc import Awaitable, Callable

import pytest

from mash_sdk.testing import Bench


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_winter")
