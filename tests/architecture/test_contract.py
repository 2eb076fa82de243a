# SPDX-License-Identifier: EUPL-1.2
"""The contract: it lints, breaks nobody, its generated code is current, and only those who may use it do."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mash_sdk.events import event_types
from mash_sdk.names import Names

ROOT = Path(__file__).parents[2]
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if folder.is_dir())


def buf(*args: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / "node_modules" / ".bin" / "buf"
    assert program.exists(), "buf is missing: ./mash test installs it with npm"
    return subprocess.run([program, *args], cwd=ROOT / "proto", capture_output=True, text=True, check=False)


def test_the_contract_lints() -> None:
    run = buf("lint", "--exclude-path", "gen")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_contract_breaks_nobody() -> None:
    """Against the version that partner cities have: main's, or the commit before on main itself."""
    for base in ("origin/main", "HEAD~1", "HEAD"):
        known = subprocess.run(
            ["git", "cat-file", "-e", f"{base}:proto/buf.yaml"], cwd=ROOT, check=False, capture_output=True
        )
        if known.returncode == 0:
            run = buf("breaking", "--against", f"../.git#ref={base},subdir=proto", "--exclude-path", "gen")
            assert run.returncode == 0, run.stdout + run.stderr
            return
    pytest.fail("no earlier version of the contract to compare with")


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


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_uses_only_contracts_it_declares(service: str) -> None:
    names = Names(service)
    package = ROOT / "services" / service / "src" / names.package
    manifest = tomllib.loads((package / "module.toml").read_text(encoding="utf-8"))
    declared = {need.replace("-", "_") for need in manifest.get("needs", [])}
    declared |= {
        event.split(".")[1] for event in (*manifest.get("listens", []), *manifest.get("announces", []))
    }
    assert contracts_imported(package) - declared - {"platform", names.schema} == set()


def test_git_is_there() -> None:
    assert shutil.which("git"), "the breaking-change check needs git"
