# SPDX-License-Identifier: EUPL-1.2
"""A new module: every form of its name is its own, it fits, and passes its own tests as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mash_tools.module.checker import check
from mash_tools.module.commands import main
from mash_tools.module.source import find

ROOT = Path(__file__).parents[2]
SKIP = shutil.ignore_patterns("__pycache__", ".pytest_cache")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a checkout as a module needs."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "modules/lost-and-found", root / "modules/lost-and-found", ignore=SKIP)
    shutil.copytree(ROOT / "proto", root / "proto", ignore=SKIP)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "cities").symlink_to(ROOT / "cities")
    return root


@pytest.fixture(scope="module")
def winter(checkout: Path) -> Path:
    """Its import name sorts behind mash_sdk, that of lost-and-found before it."""
    assert main(["new", "winter-service", "--title", "Winterdienst", "--root", str(checkout)]) == 0
    return checkout / "modules/winter-service"


def test_no_form_of_the_old_name_is_left(winter: Path, checkout: Path) -> None:
    own = [file for file in winter.rglob("*") if file.is_file()]
    assert len(own) > 20
    contract = checkout / "proto/mash/winter_service/v1/events.proto"
    for file in (*own, contract):
        text = f"{file.relative_to(checkout)}\n{file.read_text(encoding='utf-8')}"
        text = text.replace("Begun from lost-and-found", "")
        for old in ("lost-and-found", "lost_and_found", "LOST_AND_FOUND", "LostAndFound", "Fundbüro"):
            assert old not in text, file
    manifest = (winter / "src/mash_winter_service/module.toml").read_text(encoding="utf-8")
    assert 'title = "Winterdienst"' in manifest
    assert (checkout / "proto/gen/mash/winter_service/v1/events_pb2.py").is_file()


def test_it_fits(winter: Path, checkout: Path) -> None:
    assert check(find(str(winter)), checkout / "proto") == []


def test_its_style_is_ours(winter: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, winter], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_it_passes_its_own_tests(winter: Path, checkout: Path) -> None:
    path = os.pathsep.join(map(str, (checkout / "proto/gen", winter / "src")))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", winter, "-q", "-p", "no:cacheprovider"],
        cwd=checkout, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", ["lost-and-found", "sdk", "forms", "Winter", "winter_dienst", "class", ""])
def test_a_name_that_is_taken_or_none_is_refused(
    name: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(checkout.rglob("*.py"))
    assert main(["new", name, "--root", str(checkout)]) == 2
    assert "choose another" in (said := capsys.readouterr().err) or "no module name" in said
    assert sorted(checkout.rglob("*.py")) == before
