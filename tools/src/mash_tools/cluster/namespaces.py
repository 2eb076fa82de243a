# SPDX-License-Identifier: EUPL-1.2
"""A place for the node on this machine: a network of its own, joined to ours by a cable, mounts and cgroups.

What is written to /etc, /var/log and /var/lib/kubelet in there is not seen outside, and is gone with it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from mash_tools.children import Child
from mash_tools.cluster.needs import CGROUPS, CONTROLLERS
from mash_tools.problems import PartError

NAME: Final = "mash-node"
NODE: Final = "10.78.0.1"
HOST: Final = "10.78.0.254"
"""Where pods find this machine."""
CABLE: Final = "mash-node"
"""Our end of the cable."""
PODS: Final = "10.245.0.0/24"
SERVICES: Final = "10.97.0.0/16"


class Namespaces:
    """Made by `open`, gone with `close`. One at a time: the network's addresses are fixed."""

    def __init__(self, folder: Path, images: Path, system: Path) -> None:
        self._folder = folder
        self._images = images
        self._system = system
        hold = ["nsenter", f"--net=/run/netns/{NAME}", "unshare", "--mount", "--propagation=private"]
        wait = ["sh", "-c", "mount --make-rshared / && exec sleep infinity"]
        self._holder = Child("namespaces", [*hold, *wait], log=folder / "log/namespaces.log")

    def inside(self) -> list[str]:
        """Before a command that runs as on the node."""
        return [*self.mounts(), "--net"]

    def mounts(self) -> list[str]:
        """Before a command that sees the node's files but this machine's network: building images."""
        return ["nsenter", f"--target={self._holder.pid}", "--mount", f"--wdns={self._folder}"]

    def open(self) -> None:
        """Raises CalledProcessError with the command that did not work."""
        _call("ip", "netns", "add", NAME)
        _call("ip", "link", "add", CABLE, "type", "veth", "peer", "name", "eth0", "netns", NAME)
        for end, address in ((["ip"], HOST), (["ip", "-n", NAME], NODE)):
            link = CABLE if address == HOST else "eth0"
            _call(*end, "addr", "add", f"{address}/24", "dev", link)
            _call(*end, "link", "set", link, "up")
        _call("ip", "-n", NAME, "link", "set", "lo", "up")
        _call("ip", "-n", NAME, "route", "add", "default", "via", HOST)
        _call("ip", "netns", "exec", NAME, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._holder.start()
        deadline = time.monotonic() + 10
        while not self._is_apart():
            if time.monotonic() > deadline:
                raise PartError("namespaces", "were not made", self._holder.log)
            time.sleep(0.05)
        self._mount()
        for controller in CONTROLLERS:
            (CGROUPS / controller / NAME).mkdir(exist_ok=True)
        for what in ("cpus", "mems"):
            ours = CGROUPS / "cpuset" / f"cpuset.{what}"
            (CGROUPS / "cpuset" / NAME / f"cpuset.{what}").write_text(ours.read_text())

    def _is_apart(self) -> bool:
        """Whether the holder has its own mounts: a mount before that would be this machine's."""
        try:
            mine, its = (Path(f"/proc/{pid}/ns/mnt").readlink() for pid in ("self", self._holder.pid))
            shared = "shared:" in Path(f"/proc/{self._holder.pid}/mountinfo").read_text()
        except OSError:
            return False
        return mine != its and shared

    def _mount(self) -> None:
        for name in ("etc", "etc.work", "log.node", "kubelet", "containers"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        upper = f"upperdir={self._folder}/etc,workdir={self._folder}/etc.work"
        self._write_etc()
        for command in (
            f"mount -t overlay overlay -o lowerdir=/etc,{upper} /etc",
            "PATH=$PATH:/sbin:/usr/sbin ldconfig",
            "mount -t tmpfs tmpfs /run/netns",
            f"mkdir -p /var/lib/kubelet && mount --bind {self._folder}/kubelet /var/lib/kubelet",
            f"mount --bind {self._folder}/log.node /var/log",
        ):
            _call(*self.mounts(), "sh", "-c", command)

    def _write_etc(self) -> None:
        """What buildah and the loader read; it lies over this machine's /etc in there."""
        etc = self._folder / "etc"
        (etc / "containers").mkdir(parents=True, exist_ok=True)
        (etc / "ld.so.conf.d").mkdir(exist_ok=True)
        (etc / "containers/policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}\n')
        (etc / "containers/registries.conf").write_text("unqualified-search-registries = []\n")
        places = f'graphroot = "{self._images}"\nrunroot = "{self._folder}/containers"\n'
        (etc / "containers/storage.conf").write_text(f'[storage]\ndriver = "overlay"\n{places}')
        libraries = self._system / "usr/lib/x86_64-linux-gnu"
        (etc / "ld.so.conf.d/mash-node.conf").write_text(f"{libraries}\n")

    def close(self) -> None:
        """End what still runs in there, and take everything away."""
        for pid in list(processes(self._folder)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._holder.kill()
        subprocess.run(["ip", "netns", "del", NAME], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", CABLE], capture_output=True, check=False)
        for controller in CONTROLLERS:
            for folder, _, _ in os.walk(CGROUPS / controller / NAME, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()


def processes(folder: Path) -> Iterator[int]:
    """What a node leaves behind: processes in its cgroups, and those that keep containers for containerd."""
    found = set()
    for group in (CGROUPS / "pids" / NAME).rglob("cgroup.procs"):
        found |= {int(pid) for pid in group.read_text().split()}
    socket = str(folder / "containerd.sock")
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if socket in process.cmdline() and "containerd-shim" in process.name():
                found.add(process.pid)
    yield from found


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
