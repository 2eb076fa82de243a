# SPDX-License-Identifier: EUPL-1.2
"""The bench of forms over a small city of its own, and a valid application."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mash_sdk.testing import Bench

CITIES = Path(__file__).parent / "cities"


@pytest.fixture
def cities() -> Path:
    """Two small cities, each with a form without a fee; heidelberg has one with a fee, too."""
    return CITIES


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path) -> Bench:
    return await bench_of("mash_forms", cities=cities)


@pytest.fixture
def answers() -> dict[str, Any]:
    """What a valid `ausweis` says, on the bench's day."""
    return {
        "given_name": "Anna",
        "family_name": "Beispiel",
        "email": "anna@example.org",
        "plate": "HD-AB 123",
        "keeper": True,
        "zone": 2,
        "valid_from": "2026-04-01",
    }
