# SPDX-License-Identifier: EUPL-1.2
"""What an operator approves stays, is never another's route, and can be taken back."""

import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from mash_portal_gw.service.approvals import parse
from mash_tools.module import run
from mash_tools.module.commands import main
from mash_tools.module.source import find
from mash_tools.platform import approvals, noted
from mash_tools.platform.folder import DataFolder
from mash_tools.platform.modules import installed, services
from mash_tools.problems import LauncherError
from mash_tools.realms.access import Access, Platform

ROOT = Path(__file__).parents[2]
NAME = "lost-and-found"
FOLDER = str(ROOT / "modules" / NAME)


def test_modules_are_installed_but_not_started_by_up() -> None:
    names = {one.manifest.name for one in installed()} - {one.manifest.name for one in services()}
    assert NAME in names


def test_what_is_approved_at_the_start_is_what_is_announced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    approvals.keep(folder, services())
    assert main(["approve", FOLDER, "--data", str(tmp_path)]) == 0
    known = parse((folder.path / approvals.FILE).read_bytes(), approvals.FILE)
    for one in [*services(), find(FOLDER).module()]:
        known[one.manifest.name].check(one.manifest, "http://127.0.0.1:1")


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
    assert approvals.modules(folder) == {NAME: ()}, "services may ask whom the contract lets"
    assert main(["revoke", NAME, "--data", str(tmp_path)]) == 0
    assert NAME not in approvals.read(folder)
    assert main(["revoke", NAME, "--data", str(tmp_path)]) == 2


def test_another_ones_route_is_not_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path)
    folder.write(approvals.FILE, {"other": {"jwk": {}, "routes": ["/lost-and-found/reports/mine"]}})
    assert main(["approve", FOLDER, "--data", str(tmp_path)]) == 2
    assert "belongs to other; choose another path" in capsys.readouterr().err
    assert list(approvals.read(folder)) == ["other"]


@pytest.mark.parametrize("path", ["/ops/x", "/assets", "/life/x", "/api"])
def test_what_is_the_gateways_is_not_approved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    module = tmp_path / "modules" / NAME
    shutil.copytree(FOLDER, module)
    (toml,) = module.rglob("module.toml")
    text = toml.read_text()
    assert 'path = "/lost-and-found"' in text
    toml.write_text(text.replace('path = "/lost-and-found"', f'path = "{path}"'))
    assert main(["approve", str(module), "--data", str(tmp_path)]) == 2
    assert f"route {path} is the gateway's own" in capsys.readouterr().err
    assert approvals.read(DataFolder(tmp_path)) == {}


def test_roles_are_approved_as_they_were_seen(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    approvals.keep(folder, services())
    assert main(["approve", FOLDER, "--data", str(tmp_path)]) == 0
    entries = approvals.read(folder)
    told = {one.path: list(one.roles) for one in find(FOLDER).module().manifest.routes}
    assert entries[NAME]["roles"] == told != {}
    assert {name for name, entry in entries.items() if entry.get("platform")} == set(entries) - {NAME}


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


def test_modules_approved_at_the_same_time_are_all_approved(tmp_path: Path) -> None:
    modules = [find(str(ROOT / "modules" / name)).module() for name in ("winter", "waste", NAME)]
    for number in range(20):
        folder = DataFolder(tmp_path / str(number))
        folder.path.mkdir()
        with ThreadPoolExecutor() as pool:
            list(pool.map(partial(approvals.approve, folder), modules))
        assert set(approvals.read(folder)) == {one.manifest.name for one in modules}


def test_modules_that_start_at_the_same_time_do_not_switch_each_other_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path)
    there: dict[str, Sequence[str]] = {}

    def known(_access: object) -> Platform:
        found = Platform({}, {name: tuple(needs) for name, needs in there.items()}, demo=True)
        time.sleep(0.05)  # as long as a real Keycloak lets another one look
        return found

    def keep(*_: object, modules: Mapping[str, Sequence[str]], demo: bool) -> None:
        assert demo
        there.clear()
        there.update(modules)

    monkeypatch.setattr(run, "find_keycloak", lambda _path: Access("", "", "", ""))
    monkeypatch.setattr(run, "known_to", known)
    monkeypatch.setattr(run, "provision", keep)
    monkeypatch.setattr(noted, "find", lambda _folder: SimpleNamespace(cities=ROOT / "cities"))
    names = ("winter", "waste")
    for name in names:
        approvals.approve(folder, find(str(ROOT / "modules" / name)).module())
    with ThreadPoolExecutor() as pool:
        list(pool.map(partial(run.register, folder), names))
    assert set(there) == set(names)
