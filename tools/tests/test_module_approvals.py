# SPDX-License-Identifier: EUPL-1.2
"""What an operator approves stays, is never another's route, and can be taken back."""

from pathlib import Path

import pytest

from mash_tools.module.commands import main
from mash_tools.module.source import find
from mash_tools.platform import approvals, noted
from mash_tools.platform.folder import DataFolder
from mash_tools.platform.modules import installed, services
from mash_tools.problems import LauncherError

ROOT = Path(__file__).parents[2]
NAME = "lost-and-found"
FOLDER = str(ROOT / "modules" / NAME)


def test_modules_are_installed_but_not_started_by_up() -> None:
    names = {one.manifest.name for one in installed()} - {one.manifest.name for one in services()}
    assert NAME in names


def test_an_approval_outlives_the_platforms_start(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    approvals.keep(folder, services())
    assert NAME not in approvals.read(folder)
    assert main(["approve", FOLDER, "--data", str(tmp_path)]) == 0
    approvals.keep(folder, services())
    entry = approvals.read(folder)[NAME]
    assert entry["routes"] == find(FOLDER).module().routes
    assert entry["jwk"] == folder.public_key(NAME)
    assert "d" not in entry["jwk"]
    assert main(["revoke", NAME, "--data", str(tmp_path)]) == 0
    assert NAME not in approvals.read(folder)
    assert main(["revoke", NAME, "--data", str(tmp_path)]) == 2


def test_another_ones_route_is_not_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path)
    folder.write(approvals.FILE, {"other": {"jwk": {}, "routes": ["/lost-and-found/reports/mine"]}})
    assert main(["approve", FOLDER, "--data", str(tmp_path)]) == 2
    assert "belongs to other; choose another path" in capsys.readouterr().err
    assert list(approvals.read(folder)) == ["other"]


def test_a_service_cannot_be_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revoke", "forms", "--data", str(tmp_path)]) == 2
    assert "cannot do without" in capsys.readouterr().err


def test_without_a_running_platform_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", FOLDER, "--data", str(tmp_path)]) == 2
    assert "start ./mash up" in capsys.readouterr().err
    (tmp_path / noted.FILE).write_text('{"process": 999999999, "places": {}}')
    with pytest.raises(LauncherError, match="No platform runs"):
        noted.find(DataFolder(tmp_path))
