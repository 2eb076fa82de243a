# SPDX-License-Identifier: EUPL-1.2
"""`./mash proto`: generate proto/gen, which is committed so that readers need no protoc."""

import shutil
import subprocess
import sys
from pathlib import Path


def main(_arguments: list[str]) -> int:
    """protoc's exit code."""
    return generate(Path.cwd() / "proto")


def generate(root: Path) -> int:
    """protoc's exit code for the contract below `root`; its gen/ is left as it was when it fails."""
    fresh = root / "gen.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    sources = sorted(str(file.relative_to(root)) for file in root.glob("mash/**/*.proto"))
    outputs = [f"--{kind}_out={fresh}" for kind in ("python", "pyi", "grpc_python")]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", *outputs, *sources]
    done = subprocess.run(command, cwd=root, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh)
        return done.returncode
    for file in fresh.rglob("*_pb2_grpc.py"):
        if "Stub" not in file.read_text():
            file.unlink()  # a file without a service would only import grpc
    for kept in (root / "gen").glob("*"):
        if kept.name != "mash":
            shutil.move(kept, fresh / kept.name)
    shutil.rmtree(root / "gen", ignore_errors=True)
    fresh.rename(root / "gen")
    print(f"proto/gen is generated from {len(sources)} files.")
    return 0
