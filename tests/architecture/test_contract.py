# SPDX-License-Identifier: EUPL-1.2
"""The contract: it lints, breaks nobody, its generated code is current, and only those who may use it do."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mash_sdk.events import event_types
from mash_sdk.names import Names

ROOT = Path(__file__).parents[2]
SERVICES = sorted(
    path.parent for group in ("services", "modules") for path in ROOT.glob(f"{group}/*/pyproject.toml")
)


def buf(*args: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / "node_modules" / ".bin" / "buf"
    assert program.exists(), "buf is missing: ./mash test installs it with npm"
    return subprocess.run([program, *args], cwd=ROOT / "proto", capture_output=True, text=True, check=False)


def test_the_contract_lints() -> None:
    run = buf("lint", "--exclude-path", "gen")
    assert run.returncode == 0, run.stdout + run.stderr


def git(root: Path, *args: str) -> str | None:
    """What git says; None if it refuses."""
    run = subprocess.run(["git", "-C", root, *args], capture_output=True, text=True, check=False)
    return run.stdout if run.returncode == 0 else None


def promised(root: Path) -> str | None:
    """The version of the contract that others build on: the latest release, else main as it is published."""
    releases = (git(root, "tag", "--list", "v[0-9]*", "--sort=-version:refname") or "").split()
    for ref in (*releases[:1], "origin/main"):
        if git(root, "cat-file", "-e", f"{ref}:proto/buf.yaml") is not None:
            return ref
    return None


def has_releases(changelog: str) -> bool:
    return re.search(r"^## \[?v?\d+\.\d+", changelog, re.MULTILINE) is not None


def test_the_contract_breaks_nobody() -> None:
    """Against the latest tag `v…`, else against origin/main.

    Where there is neither, nobody has the contract yet and it may still change: that holds only while
    CHANGELOG.md names no released version. From then on a clone without tags fails here: fetch them.
    """
    base = promised(ROOT)
    if base is None:
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        assert not has_releases(changelog), (
            "released, but no tag v… is here to compare with: git fetch --tags"
        )
        return
    run = buf("breaking", "--against", f"../.git#ref={base},subdir=proto", "--exclude-path", "gen")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("changelog", "released"),
    [
        ("## Unreleased\n\n### Added\n", False),
        ("## Unreleased\n\n## 0.1.0 - 2026-12-01\n", True),
        ("## [1.2.0] - 2027-01-01\n", True),
    ],
)
def test_a_release_is_known_by_the_changelog(changelog: str, released: bool) -> None:  # noqa: FBT001
    assert has_releases(changelog) is released


def test_what_is_promised_is_the_latest_release_else_what_is_published(tmp_path: Path) -> None:
    def commit() -> None:
        assert git(tmp_path, "add", ".") is not None
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        assert git(tmp_path, *who, "commit", "--allow-empty", "-m", "c") is not None

    assert git(tmp_path, "init") is not None
    assert promised(tmp_path) is None
    (tmp_path / "proto").mkdir()
    (tmp_path / "proto/buf.yaml").write_text("version: v2\n")
    commit()
    assert promised(tmp_path) is None, "a commit is no promise"
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert promised(tmp_path) == "origin/main"
    for tag in ("v0.9.0", "v0.10.0", "vendored"):
        git(tmp_path, "tag", tag)
        commit()
    assert promised(tmp_path) == "v0.10.0"


def test_a_removed_field_is_found(tmp_path: Path) -> None:
    """What the check above is worth: the same program, with one field less."""
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("gen"))
    against = ("--against", str(ROOT / "proto"))
    same = buf("breaking", str(tmp_path / "proto"), *against)
    assert same.returncode == 0, same.stdout + same.stderr
    events = tmp_path / "proto/mash/payments/v1/events.proto"
    whole = events.read_text(encoding="utf-8")
    events.write_text(whole.replace("  string receipt_number = 5;\n", ""), encoding="utf-8")
    assert events.read_text(encoding="utf-8") != whole
    less = buf("breaking", str(tmp_path / "proto"), *against)
    assert less.returncode != 0
    assert "receipt_number" in less.stdout + less.stderr


def test_the_generated_code_is_current(tmp_path: Path) -> None:
    sources = sorted(
        path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto/mash").rglob("*.proto")
    )
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", ROOT / "proto", f"--python_out={tmp_path}",
         f"--pyi_out={tmp_path}", f"--grpc_python_out={tmp_path}", *sources],
        check=True,
    )  # fmt: skip
    committed = {
        path.relative_to(ROOT / "proto/gen"): path.read_text() for path in _generated(ROOT / "proto/gen")
    }
    fresh = {
        path.relative_to(tmp_path): path.read_text()
        for path in _generated(tmp_path)
        if not path.name.endswith("_grpc.py") or "Stub" in path.read_text()
    }
    assert committed == fresh, "run ./mash proto"


def _generated(folder: Path) -> list[Path]:
    return [path for suffix in ("*.py", "*.pyi") for path in folder.rglob(suffix)]


def test_events_are_found() -> None:
    assert "mash.forms.v1.ApplicationSubmitted" in event_types()
    assert len(event_types()) >= 10


def contracts_imported(folder: Path) -> set[str]:
    """The contract packages that the code below `folder` imports: {'forms', 'platform'}."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            found |= {name.split(".")[1] for name in names if name.startswith("mash.")}
    return found


def test_the_sdk_knows_only_the_platforms_contract() -> None:
    assert contracts_imported(ROOT / "sdk/src") == {"platform"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_a_service_uses_only_contracts_it_declares(service: Path) -> None:
    names = Names(service.name)
    package = service / "src" / names.package
    manifest = tomllib.loads((package / "module.toml").read_text(encoding="utf-8"))
    declared = {need.replace("-", "_") for need in manifest.get("needs", [])}
    declared |= {
        event.split(".")[1] for event in (*manifest.get("listens", []), *manifest.get("announces", []))
    }
    assert contracts_imported(package) - declared - {"platform", names.schema} == set()


def test_git_is_there() -> None:
    assert shutil.which("git"), "the breaking-change check needs git"
