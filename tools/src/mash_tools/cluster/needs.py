# SPDX-License-Identifier: EUPL-1.2
"""What a machine needs for a node of its own; said before anything is fetched or built."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mash_tools.cluster.kube import home
from mash_tools.problems import LauncherError

GO = (1, 24)
"""Kubernetes 1.34 is written for it."""
BUILD_GB, RUN_GB = 14, 6
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd")
CGROUPS = Path("/sys/fs/cgroup")
SYSTEM_PATHS = "/usr/sbin:/sbin"
GO_PLACE = "/usr/local/go/bin"
"""Go's own place: it comes before a distribution's older one."""
PROGRAMS = {
    "apt-get": "Debian 12",
    "dpkg": "Debian 12",
    "ip": "apt-get install iproute2",
    "nsenter": "apt-get install util-linux",
    "unshare": "apt-get install util-linux",
    "openssl": "apt-get install openssl",
    "wget": "apt-get install wget",
}
OTHERWISE = "or name another cluster: ./mash test --cluster --kubeconfig FILE"


def check(*, building: bool) -> None:
    """Raises LauncherError that names everything that is missing."""
    if missing := list(lacking(building=building)):
        raise LauncherError(
            "This machine cannot be a Kubernetes node:\n  " + "\n  ".join(missing) + f"\n{OTHERWISE}."
        )


def lacking(*, building: bool) -> Iterator[str]:
    """What is missing, a line each, with what to do."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        yield f"it is {platform.system()} on {platform.machine()}; tried is Linux on x86_64"
        return
    if os.geteuid() != 0:
        yield "not root, who alone makes namespaces and mounts; sudo ./mash …"
    for program, remedy in PROGRAMS.items():
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATHS}") is None:
            yield f"no {program}: {remedy}"
    absent = [name for name in CONTROLLERS if not os.access(CGROUPS / name, os.W_OK)]
    if absent:
        yield f"no cgroup v1 hierarchy for {', '.join(absent)}; a node on cgroup v2 alone was not tried"
    free = shutil.disk_usage(_there(home())).free >> 30
    wanted = BUILD_GB if building else RUN_GB
    if free < wanted:
        yield f"{free} GB free at {home()}, {wanted} are needed; MASH_CLUSTER_HOME names another place"
    if building and go() is None:
        yield f"no Go {'.'.join(map(str, GO))} or newer, to build Kubernetes with: https://go.dev/dl"


def go() -> Path | None:
    """A Go that is new enough."""
    for folder in (GO_PLACE, os.environ.get("PATH", "")):
        found = shutil.which("go", path=folder)
        if found is not None and _version(found) >= GO:
            return Path(found)
    return None


def _version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0,)


def _there(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())
