# SPDX-License-Identifier: EUPL-1.2
"""What `./mash test --cluster` says before it begins, and that none of its long steps can hang."""

import os
import sys
import time
from pathlib import Path

import pytest

from mash_tools import tests as command
from mash_tools.cluster import needs, programs, testing
from mash_tools.cluster.images import images
from mash_tools.cluster.kube import Helm, Refused
from mash_tools.cluster.work import run
from mash_tools.problems import LauncherError, PartError
from mash_tools.progress import silent

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on the PATH and no root."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MASH_CLUSTER_HOME", str(tmp_path / "cluster"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(needs, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(needs, "SYSTEM_PATHS", "")
    monkeypatch.setattr(needs, "GO_PLACE", "")
    return tmp_path


def test_help_tells_of_the_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    assert "--cluster" in capsys.readouterr().out


def test_another_cluster_has_to_be_described_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--cluster", "--kubeconfig", str(tmp_path / "x"), "--registry", "r.example"]) == 2
    said = capsys.readouterr().err
    assert "--address" in said
    assert "--portal" in said


@pytest.mark.usefixtures("bare")
def test_a_machine_that_cannot_be_a_node_hears_all_of_it_at_once() -> None:
    with pytest.raises(LauncherError) as told:
        needs.check(building=True)
    said = str(told.value)
    for missing in ("not root", "no ip:", "no openssl:", "no wget:", "cgroup v1", "no Go", "--kubeconfig"):
        assert missing in said


def test_nothing_is_built_where_it_cannot_run(bare: Path) -> None:
    with pytest.raises(LauncherError, match="cannot be a Kubernetes node"):
        programs.prepare(silent)
    assert not (bare / "cluster").exists()


def test_programs_of_other_versions_are_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASH_CLUSTER_HOME", str(tmp_path))
    assert not programs.ready()
    (tmp_path / "programs.json").write_text('{"kubernetes": "1.0.0"}')
    assert not programs.ready()
    (tmp_path / "programs.json").write_text("half a fi")
    assert not programs.ready()


def test_every_program_has_its_image() -> None:
    folders = {image.arguments.get("FOLDER") for image in images()}
    assert {
        f"services/{folder.name}" for folder in (ROOT / "services").iterdir() if folder.is_dir()
    } < folders
    for image in (*images(), testing.BROKEN):
        assert (ROOT / image.file).is_file()


def test_work_that_fails_names_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log/work.log"
    words = [sys.executable, "-c", "print('out of flour'); raise SystemExit(3)"]
    with pytest.raises(PartError, match="ended with 3"):
        run("baking", words, log=log, within=60, say=silent)
    assert "out of flour" in log.read_text()


def test_work_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    words = ["sh", "-c", f"sleep 600 & echo $! > {pid}; wait"]
    with pytest.raises(PartError, match="did not end within 1 s"):
        run("baking", words, log=tmp_path / "work.log", within=1, say=silent)
    child = Path(f"/proc/{pid.read_text().strip()}/status")
    deadline = time.monotonic() + 20
    while child.exists() and "State:\tZ" not in child.read_text():
        assert time.monotonic() < deadline, "the child lives"
        time.sleep(0.05)


def test_a_client_that_hangs_is_refused(tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nexec sleep 600\n")
    helm.chmod(0o755)
    with pytest.raises(Refused, match="helm install did not end within"):
        Helm(helm).run("install", within=0.5)
