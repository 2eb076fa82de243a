# SPDX-License-Identifier: EUPL-1.2
"""`./mash lock`: resolve every dependency anew and pin it with hashes: locks/run.txt, dev.txt, load.txt."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path


def main(arguments: list[str]) -> int:
    """uv's exit code. Versions already pinned are kept where they still fit; `--upgrade` takes new ones."""
    root = Path.cwd()
    own = [f"--no-emit-package={name}" for name in _own(root)]
    # No host, path or command line gets into the files: they are the same whoever makes them.
    quiet = ["--no-emit-index-url", "--no-emit-find-links", "--no-header", "--quiet"]
    options = ["--universal", "--python-version=3.11", "--generate-hashes", *quiet, *own, *arguments]
    for what, file in (
        (["--group=build", "pyproject.toml"], "locks/run.txt"),
        (
            ["--group=build", "--group=dev", "--constraint=locks/run.txt", "pyproject.toml"],
            "locks/dev.txt",
        ),
        # A group alone: what ./mash load starts shares no environment with our packages.
        (["--group=pyproject.toml:load"], "locks/load.txt"),
    ):
        print(f"resolving {file} …", flush=True)
        command = [_uv(), "pip", "compile", *options, *what, "-o", file]
        done = subprocess.run(command, cwd=root, env=_environment(), check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


def _own(root: Path) -> list[str]:
    return sorted(
        tomllib.loads(file.read_text())["project"]["name"]
        for pattern in ("*/pyproject.toml", "services/*/pyproject.toml", "modules/*/pyproject.toml")
        for file in root.glob(pattern)
    )


def _uv() -> str:
    return str(Path(sys.executable).with_name("uv"))


def _environment() -> dict[str, str]:
    certificates = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return os.environ | ({"SSL_CERT_FILE": certificates} if certificates else {})
