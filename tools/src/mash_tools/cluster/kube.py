# SPDX-License-Identifier: EUPL-1.2
"""helm and kubectl as programs: the cluster's own or the machine's, each call with its deadline."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mash_tools.problems import LauncherError

SECONDS = 120.0


class Refused(LauncherError):
    """helm or kubectl ended with an error; the message is what it said."""


def home() -> Path:
    """Where a cluster's programs are kept: $MASH_CLUSTER_HOME, else ~/.cache/mash-cluster."""
    named = os.environ.get("MASH_CLUSTER_HOME")
    return Path(named).absolute() if named else Path.home() / ".cache" / "mash-cluster"


def find_program(name: str) -> Path | None:
    """The one among the cluster's own, else on the PATH: they fit the cluster's version."""
    path = os.pathsep.join((str(home() / "bin"), os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def find_helm() -> Path | None:
    return find_program("helm")


class _Client:
    def __init__(self, program: Path, kubeconfig: Path | None = None) -> None:
        self._program = program
        self._environment = os.environ | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})

    def run(self, *arguments: str | Path, within: float = SECONDS, told: str | None = None) -> str:
        """What it prints. `told` is its standard input. Raises Refused, also when it takes too long."""
        command = [str(self._program), *map(str, arguments)]
        name = f"{self._program.name} {arguments[0]}"
        try:
            done = subprocess.run(
                command,
                env=self._environment,
                input=told,
                capture_output=True,
                text=True,
                check=False,
                timeout=within,
            )
        except subprocess.TimeoutExpired as err:
            raise Refused(f"{name} did not end within {within:.0f} s.") from err
        if done.returncode != 0:
            raise Refused(f"{name} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout


class Helm(_Client):
    """helm, for what the tests ask of it."""

    def lint(self, chart: Path, values: Sequence[Path]) -> str:
        return self.run("lint", "--strict", chart, *_files(values))

    def template(
        self, release: str, chart: Path, values: Sequence[Path], *, namespace: str, kubernetes: str
    ) -> str:
        """The chart rendered, tests and hooks with it, as for a cluster of that version."""
        options = ["--namespace", namespace, "--kube-version", f"{kubernetes}.0"]
        return self.run("template", release, chart, *options, *_files(values))


class Kubectl(_Client):
    """kubectl, for what the tests ask of it."""

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get …` finds."""
        found: list[dict[str, Any]] = yaml.safe_load(self.run("get", *arguments, "--output=yaml"))["items"]
        return found


def _files(values: Sequence[Path]) -> list[str]:
    return [f"--values={file}" for file in values]
