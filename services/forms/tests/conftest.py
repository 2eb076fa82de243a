# SPDX-License-Identifier: EUPL-1.2
"""The bench of forms over a small city of its own, and a valid application."""

import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mash_sdk.testing import Bench

CITIES = Path(__file__).parent / "cities"


CASE_KEY = "a secret of tests, thirty-two characters and more"


RULE = """
processing:
  automation:
    enabled: true
    sample: 0
    permitted_by: {title: "Prüfsatzung", demo: true}
    rules:
      - id: all
        title: {de: "Alle"}
        when: "true"
        outcome: approved
        legal_basis: {title: "§ 1", demo: true}
"""


@pytest.fixture
def bench_of(bench_of: Callable[..., Awaitable[Bench]]) -> Callable[..., Awaitable[Bench]]:
    """As the SDK's, with the secret that forms needs."""
    return partial(bench_of, case_key=CASE_KEY)


@pytest.fixture
def cities() -> Path:
    """Two small cities, each with a form without a fee; heidelberg has one with a fee, too."""
    return CITIES


@pytest.fixture
def routine_cities(cities: Path, tmp_path: Path) -> Path:
    """The same cities; heidelberg's `meldung` is decided at once by a rule."""
    folder = tmp_path / "cities"
    shutil.copytree(cities, folder)
    form = folder / "heidelberg" / "forms" / "meldung.yaml"
    form.write_text(form.read_text(encoding="utf-8") + RULE, encoding="utf-8")
    return folder


@pytest.fixture
def visited_cities(tmp_path: Path) -> Path:
    """The same cities; heidelberg's office `amt` gives appointments, and its form `beratung` asks for one."""
    folder, here = tmp_path / "visited", Path(__file__).parent / "appointments"
    shutil.copytree(CITIES, folder)
    shutil.copy(here / "beratung.yaml", folder / "heidelberg" / "forms")
    shutil.copy(here / "appointments.toml", folder / "heidelberg")
    return folder


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
