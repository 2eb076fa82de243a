# SPDX-License-Identifier: EUPL-1.2
"""A real Kubernetes node on this machine for tests: no certificate is checked, no NetworkPolicy enforced.

It begins empty each time; only what images were built from is kept. It ends with the process that started it.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from mash_tools.children import Child
from mash_tools.cluster.configuration import PAUSE, Configuration
from mash_tools.cluster.images import Images
from mash_tools.cluster.kube import Kubectl, Refused, home
from mash_tools.cluster.namespaces import Namespaces
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress


class Node:
    """`async with Node(say) as node:` a cluster that answers at `node.kubeconfig`."""

    def __init__(self, say: Progress) -> None:
        self._say = say
        self._place = home()
        self._folder = self._place / "node"
        self._system = self._place / "system"
        self._namespaces = Namespaces(self._folder, self._place / "images", self._system)
        self._configuration = Configuration(self._folder)
        self._children: list[Child] = []
        self.images = Images(self._namespaces, self._place, self._containerd_client, say)

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self._configuration.kubeconfig

    async def __aenter__(self) -> Self:
        self._namespaces.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "log").mkdir(parents=True)
        try:
            self._namespaces.open()
            self._configuration.write(self._system / "usr/lib/cni")
            await self._start()
        except subprocess.CalledProcessError as err:
            await self.stop()
            told = f"{' '.join(map(str, err.cmd))}: {(err.stderr or '').strip()}"
            raise LauncherError(f"The node cannot be made: {told}") from err
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End everything, pods with it."""
        for child in reversed(self._children):
            await child.stop(within=5)
        self._children.clear()
        self._namespaces.close()

    async def _start(self) -> None:
        kubectl = Kubectl(self._place / "bin/kubectl", self.kubeconfig)
        self._run("containerd")
        self._run("etcd")
        api = self._run("kube-apiserver")
        await api.until(_answers(lambda: kubectl.run("get", "--raw=/readyz", within=10)), 120)
        self._run("kube-controller-manager")
        self._run("kube-scheduler")
        self.images.pause(PAUSE)
        self._run("coredns")
        kubelet = self._run("kubelet")
        self._run("kube-proxy")
        wait = ["wait", "--for=condition=Ready", "node/n1", "--timeout=2s"]
        await kubelet.until(_answers(lambda: kubectl.run(*wait, within=20)), 120)

    def _run(self, name: str) -> Child:
        program = shutil.which(name, path=f"{self._place}/bin:{self._system}/usr/bin")
        if program is None:
            raise LauncherError(f"{name} is not among the node's programs at {self._place}.")
        child = Child(
            name,
            [*self._namespaces.inside(), program, *self._configuration.arguments(name)],
            log=self._folder / f"log/{name}.log",
            env=self._environment(),
        )
        child.start()
        self._children.append(child)
        return child

    def _environment(self) -> dict[str, str]:
        system = self._system / "usr"
        path = [
            self._place / "bin",
            os.environ.get("PATH", ""),
            system / "bin",
            system / "sbin",
            "/usr/sbin",
            "/sbin",
        ]
        tables = system / "lib/x86_64-linux-gnu/xtables"
        return os.environ | {"PATH": os.pathsep.join(map(str, path)), "XTABLES_LIBDIR": str(tables)}

    def _containerd_client(self, *arguments: str | Path) -> None:
        socket = self._folder / "containerd.sock"
        client: list[str | Path] = [
            *self._namespaces.inside(),
            self._system / "usr/bin/ctr",
            f"--address={socket}",
            "--namespace=k8s.io",
        ]
        subprocess.run([*client, *arguments], check=True, capture_output=True, text=True)


def _answers(ask: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            ask()
        except Refused:
            await asyncio.sleep(0.3)
            return False
        return True

    return answers
