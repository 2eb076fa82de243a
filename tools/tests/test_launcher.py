# SPDX-License-Identifier: EUPL-1.2
"""The script ./mash and its commands: what a person meets first, an environment that is whole or none."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from mash_tools import doctor, tests, up
from mash_tools.__main__ import COMMANDS

ROOT = Path(__file__).parents[2]


def mash(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "mash"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, over a checkout of its own with one package."""
    loader = SourceFileLoader("mash_script", str(ROOT / "mash"))
    spec = importlib.util.spec_from_loader("mash_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for name in ("proto", "sdk", "tools", "simulators"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").touch()
    (tmp_path / "locks").mkdir()
    for lock in ("run", "dev"):
        (tmp_path / "locks" / f"{lock}.txt").write_text("one==1\n    # via two\n")
    environment = tmp_path / ".mash" / "env"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "ENV", environment)
    monkeypatch.setattr(module, "STAMP", environment / "mash.json")
    monkeypatch.setattr(module, "PYTHON", environment / "bin" / "python")
    return module


@pytest.fixture
def calls(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the script would have let venv and pip do."""
    done: list[str] = []

    def make() -> None:
        script.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        script.PYTHON.touch()
        done.append("venv")

    monkeypatch.setattr(script, "make", make)
    monkeypatch.setattr(
        script, "pip", lambda _steps, _count, *arguments: done.append(Path(arguments[-1]).name)
    )
    return done


def test_help_lists_every_command() -> None:
    shown = mash("--help")
    assert shown.returncode == 0
    assert [line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")] == list(COMMANDS)


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    shown = mash("docter")
    assert shown.returncode == 2
    assert shown.stderr == "There is no command 'docter'; did you mean ./mash doctor?\n"


def test_the_environment_is_made_once(script: ModuleType, calls: list[str]) -> None:
    script.prepare(dev=False)
    assert calls == ["venv", "run.txt", "simulators"]
    script.prepare(dev=False)
    assert len(calls) == 3


def test_developers_packages_are_added_to_it(script: ModuleType, calls: list[str]) -> None:
    script.prepare(dev=False)
    calls.clear()
    script.prepare(dev=True)
    assert calls == ["dev.txt", "simulators"]
    calls.clear()
    script.prepare(dev=False)
    assert calls == []


def test_a_changed_lock_installs_again(script: ModuleType, calls: list[str]) -> None:
    script.prepare(dev=False)
    calls.clear()
    (script.ROOT / "locks" / "run.txt").write_text("one==2\n")
    script.prepare(dev=False)
    assert calls == ["run.txt", "simulators"]


def test_an_interrupted_installation_is_begun_anew(
    script: ModuleType, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script.prepare(dev=False)
    (script.ROOT / "locks" / "run.txt").write_text("one==2\n")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(script, "pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            script.prepare(dev=False)
    calls.clear()
    script.prepare(dev=False)
    assert calls == ["venv", "run.txt", "simulators"]


def test_pip_without_a_network_is_one_sentence(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "pip"
    python.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found for one==1'\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(script, "PYTHON", python)
    with pytest.raises(script.CannotGoOn, match=r"No matching distribution.*check the network"):
        script.pip(script.Steps(1), 1, "-r", "x")


def test_the_doctor_names_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASH_CACHE", str(tmp_path))
    monkeypatch.setenv("MASH_KAFKA", "broker:9092")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    found = {finding.what: finding for finding in doctor.examine(tmp_path, 8000)}
    assert found["Kafka"].found == "the one named by MASH_KAFKA"
    assert "fetched" in found["Keycloak"].found
    assert "apt install chromium" in found["browser for tests"].remedy
    assert not found["browser for tests"].grave


def test_the_doctor_needs_nothing_installed() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'tools' / 'src')!r}); import mash_tools.doctor"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_browser_tests_are_left_out_only_where_nobody_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert tests.without_browser(insist=False) == ["-m", "not browser"]
    assert tests.without_browser(insist=True) == []


def test_the_stamp_names_what_it_was_made_from(script: ModuleType, calls: list[str]) -> None:
    script.prepare(dev=True)
    assert set(json.loads(script.STAMP.read_text())) == {"python", "run", "dev", "packages"}
    assert calls[0] == "venv"
    assert os.path.lexists(script.PYTHON)


@pytest.mark.parametrize(
    ("port", "says"),
    [("80000", "1024 to 65355"), ("-5", "1024 to 65355"), ("65400", "Keycloak"), ("80", "rights")],
)
def test_a_port_that_cannot_be_is_one_sentence(
    port: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.main(["--port", port, "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1


def test_a_relative_data_folder_begins_where_the_person_stands(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "mash"), "events", "--data", "mine", "dlq", "forms"],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert shown.returncode == 2
    assert f"{tmp_path}/mine holds no platform" in shown.stderr


TALKATIVE = """
import sys
from mash_tools import events
async def much(*_):
    for number in range(int(sys.argv[1])):
        print("line", number)
    return 0
events._dlq = much
sys.exit(events.main(["dlq"]))
"""


@pytest.mark.parametrize("lines", [10, 100_000])
def test_events_end_quietly_when_nobody_reads_on(lines: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as pipe:
        shown = subprocess.run(
            [sys.executable, "-c", TALKATIVE, str(lines)],
            stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (shown.returncode, shown.stderr) == (0, "")
