# SPDX-License-Identifier: EUPL-1.2
"""Images for the node: built by buildah from deploy/image, brought into containerd without a registry."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mash_tools.cluster.namespaces import Namespaces
from mash_tools.cluster.work import run
from mash_tools.platform.modules import services
from mash_tools.progress import Progress

REGISTRY: Final = "localhost"
TAG: Final = "test"
SUITE: Final = "trixie"
PYTHON: Final = f"{REGISTRY}/python:{SUITE}"
"""Stands in for python:…-slim: Debian's own Python, without a registry."""
AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
BASE_SECONDS, BUILD_SECONDS, IMPORT_SECONDS = 900.0, 900.0, 300.0
TEMPLATE: Final = "deploy/image/Dockerfile"


@dataclass(frozen=True)
class Image:
    """An image of this tree: its name, what it is built by, and with which arguments."""

    name: str
    file: str = TEMPLATE
    arguments: dict[str, str] = field(default_factory=dict)


def images() -> list[Image]:
    """Everything the chart runs: services, the tools, the content, and lost-and-found as the module."""
    programs = {module.manifest.name: f"services/{module.manifest.name}" for module in services()}
    programs |= {"lost-and-found": "modules/lost-and-found", "tools": "tools"}
    made = [Image(f"mash-{name}", arguments={"SERVICE": name, "FOLDER": at}) for name, at in programs.items()]
    return [*made, Image("mash-content", "deploy/image/content.Dockerfile")]


class Images:
    """Built in the node's mounts with this machine's network; layers are kept for the next time."""

    def __init__(
        self, namespaces: Namespaces, place: Path, containerd: Callable[..., None], say: Progress
    ) -> None:
        self._namespaces = namespaces
        self._place = place
        self._containerd = containerd
        self._say = say

    def base(self) -> None:
        """The image others stand on: a small Debian with Python, made once."""
        if self._is_there(PYTHON):
            return
        tree, archive = self._place / "debian", self._place / "debian.tar"
        system = self._place / "system/usr"
        shutil.rmtree(tree, ignore_errors=True)
        asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
        mirror = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()[0]
        packages = "--include=python3,python3-venv,ca-certificates"
        command: list[str | Path] = [
            "sh",
            system / "sbin/debootstrap",
            "--variant=minbase",
            packages,
            SUITE,
            tree,
            mirror,
        ]
        env = os.environ | {"DEBOOTSTRAP_DIR": str(system / "share/debootstrap")}
        self._run("making the base image", command, BASE_SECONDS, env)
        (tree / "usr/bin/python").symlink_to("python3")
        skipped = [f"--exclude=./{name}" for name in ("dev", "proc", "sys", "var/cache/apt", "var/lib/apt")]
        subprocess.run(["tar", "-C", tree, "-cf", archive, *skipped, "."], check=True)
        self._from_scratch(PYTHON, archive, ["--env=PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"])
        archive.unlink()
        shutil.rmtree(tree)

    def build(self, root: Path, wanted: Iterable[Image], tag: str) -> None:
        """Build from the tree at `root` and bring them onto the node as REGISTRY/name:tag."""
        for image in wanted:
            began = time.monotonic()
            reference = f"{REGISTRY}/{image.name}:{tag}"
            self._run(f"building {image.name}", self._bud(root, image, reference), BUILD_SECONDS)
            size = self.bring(reference)
            self._say(f"{image.name}: {size / 1e6:.0f} MB packed, {time.monotonic() - began:.0f} s in all")

    def bring(self, reference: str) -> int:
        """Copy an image that was built into containerd; how many bytes it has as an archive."""
        archive = self._place / "image.tar"
        archive.unlink(missing_ok=True)
        push = self._buildah("push", "--quiet", reference, f"docker-archive:{archive}:{reference}")
        self._run(f"packing {reference}", push, IMPORT_SECONDS, quiet=True)
        self._containerd("images", "import", archive)
        size = archive.stat().st_size
        archive.unlink()
        return size

    def pause(self, reference: str) -> None:
        """What holds a pod's namespaces."""
        if not self._is_there(reference):
            self._from_scratch(reference, self._place / "bin/pause", ['--entrypoint=["/pause"]'])
        self.bring(reference)

    def _bud(self, root: Path, image: Image, reference: str) -> list[str | Path]:
        told = {"PYTHON_IMAGE": PYTHON, **image.arguments}
        arguments = [f"--build-arg={name}={value}" for name, value in told.items()]
        # Behind a city hall's proxy pip needs what this machine trusts, and its mirror.
        lent = [file for file in (AUTHORITIES, Path("/etc/pip.conf")) if file.exists()]
        volumes = [f"--volume={file}:{file}:ro" for file in lent]
        runtime = f"--runtime={self._place}/system/usr/sbin/runc"
        options = [runtime, "--network=host", "--pull-never", "--layers", *volumes, *arguments]
        return self._buildah("bud", *options, f"--file={root / image.file}", f"--tag={reference}", root)

    def _from_scratch(self, reference: str, content: Path, config: list[str]) -> None:
        made = subprocess.run(self._buildah("from", "scratch"), check=True, capture_output=True, text=True)
        container = made.stdout.strip()
        for command in (
            ["add", "--quiet", container, content, "/"],
            ["config", *config, container],
            ["commit", "--quiet", "--rm", container, reference],
        ):
            subprocess.run(self._buildah(*command), check=True, capture_output=True, text=True)

    def _is_there(self, reference: str) -> bool:
        look = self._buildah("inspect", "--type=image", reference)
        return subprocess.run(look, capture_output=True, check=False).returncode == 0

    def _buildah(self, *arguments: str | Path) -> list[str | Path]:
        return [*self._namespaces.mounts(), self._place / "system/usr/bin/buildah", *arguments]

    def _run(
        self,
        what: str,
        command: list[str | Path],
        within: float,
        env: dict[str, str] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        log = self._place / "log" / f"{what.replace(' ', '-').replace('/', '-')}.log"
        say: Progress = (lambda _what: None) if quiet else self._say
        run(what, command, log=log, within=within, env=env, say=say)
