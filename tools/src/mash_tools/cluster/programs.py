# SPDX-License-Identifier: EUPL-1.2
"""The programs of a node, nothing of it installed: Kubernetes, etcd, CoreDNS and helm from Go modules, and
containerd, runc and buildah from Debian's packages. Once; 800 MB stay, the 7 GB of building go.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mash_tools.cluster import needs
from mash_tools.cluster.kube import home
from mash_tools.cluster.work import run
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

KUBERNETES: Final = "1.34.4"  # the newest line that still runs on cgroup v1
ETCD: Final = "3.6.4"
COREDNS: Final = "1.12.4"
HELM: Final = "3.22.0"
PACKAGES: Final = (
    "containerd", "runc", "buildah", "containernetworking-plugins", "conntrack", "debootstrap",
    "golang-github-containers-common", "golang-github-containers-image", "iptables", "libgpgme11",
    "libip6tc2", "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11", "libsubid4",
)  # fmt: skip
_COMMANDS: Final = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl",
)  # fmt: skip
WANTED: Final = {
    "kubernetes": KUBERNETES,
    "etcd": ETCD,
    "coredns": COREDNS,
    "helm": HELM,
    "packages": list(PACKAGES),
}
BUILD_SECONDS: Final = 2400.0
PAUSE: Final = """package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	<-told
}
"""
"""What holds a pod's namespaces: it waits to be told to end."""


def ready() -> bool:
    """Whether everything is there in these versions."""
    try:
        found: dict[str, Any] = json.loads(_stamp().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return found == WANTED


def prepare(say: Progress, *, keep_building: bool = False) -> None:
    """Fetch and build what is missing. Raises LauncherError where this machine cannot."""
    if ready():
        return
    needs.check(building=True)
    place = home()
    for folder in ("bin", "log", "packages", "system", "go"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    _unpack(place, say)
    _build(place, say)
    _stamp().write_text(json.dumps(WANTED), encoding="utf-8")
    if not keep_building:
        say("throwing away what it was built from")
        shutil.rmtree(place / "go", onerror=_writable)


def helm(say: Progress) -> None:
    """Only helm, for the chart's tests, where a cluster is not wanted."""
    if shutil.which("helm", path=str(home() / "bin")) is None:
        (home() / "bin").mkdir(parents=True, exist_ok=True)
        _helm(home(), say)


def _stamp() -> Path:
    return home() / "programs.json"


def _unpack(place: Path, say: Progress) -> None:
    folder, system, log = place / "packages", place / "system", place / "log/packages.log"
    command = ["apt-get", "download", "-qq", *PACKAGES]
    if subprocess.run(["apt-cache", "show", *PACKAGES], capture_output=True, check=False).returncode != 0:
        run("asking for Debian's packages", ["apt-get", "update", "-qq"], log=log, within=300, say=say)
    run("fetching Debian's packages", command, log=log, within=600, cwd=folder, say=say)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, system], check=True)
    for tool in ("iptables", "ip6tables"):
        for form in ("", "-save", "-restore"):
            link = place / "bin" / f"{tool}{form}"
            link.unlink(missing_ok=True)
            link.symlink_to(system / "usr/sbin/xtables-nft-multi")
    shutil.rmtree(folder)


def _build(place: Path, say: Progress) -> None:
    sources = place / "go/kubernetes"
    sources.mkdir(parents=True, exist_ok=True)
    env = _environment(place)
    go = env["MASH_GO"]
    packages = [f"k8s.io/kubernetes/cmd/{name}" for name in _COMMANDS] + ["go.etcd.io/etcd/server/v3"]
    (sources / "go.mod").write_text(_module(go, env))
    imports = "".join(f'\t_ "{name}"\n' for name in packages)
    (sources / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\nimport (\n{imports})\n")
    log = place / "log"
    version = "k8s.io/component-base/version"
    minor = KUBERNETES.split(".")[1]
    said = {
        f"{version}.gitVersion": f"v{KUBERNETES}",
        f"{version}.gitMajor": "1",
        f"{version}.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": f"v{KUBERNETES}",
    }
    flags = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in said.items())])
    modules = env | {"GOFLAGS": "-mod=mod"}
    run(
        "Kubernetes' modules",
        [go, "mod", "tidy"],
        log=log / "tidy.log",
        within=900,
        env=modules,
        cwd=sources,
        say=say,
    )
    for package in packages:
        name = package.split("/")[-1] if "cmd" in package else "etcd"
        # One after the other: linked side by side they take more memory than a small machine has.
        command = [go, "build", "-trimpath", "-ldflags", flags, "-o", str(place / "bin" / name), package]
        build = {"log": log / f"build-{name}.log", "within": BUILD_SECONDS, "say": say}
        run(f"building {name}", command, env=modules, cwd=sources, **build)  # type: ignore[arg-type]
    _install(place, f"github.com/coredns/coredns@v{COREDNS}", "building coredns", say)
    _helm(place, say)
    pause = place / "go/pause"
    pause.mkdir(exist_ok=True)
    (pause / "go.mod").write_text(f"module pause\n\ngo {needs.GO[0]}.{needs.GO[1]}\n")
    (pause / "main.go").write_text(PAUSE)
    command = [go, "build", "-ldflags", "-s -w", "-o", str(place / "bin/pause"), "."]
    run("building pause", command, log=log / "build-pause.log", within=300, env=env, cwd=pause, say=say)


def _helm(place: Path, say: Progress) -> None:
    _install(place, f"helm.sh/helm/v3/cmd/helm@v{HELM}", "building helm", say)


def _install(place: Path, what: str, doing: str, say: Progress) -> None:
    env = _environment(place) | {"GOBIN": str(place / "bin")}
    command = [env["MASH_GO"], "install", "-ldflags", "-s -w", what]
    log = place / "log" / f"{doing.replace(' ', '-')}.log"
    run(doing, command, log=log, within=BUILD_SECONDS, env=env, say=say)


def _environment(place: Path) -> dict[str, str]:
    go = needs.go()
    if go is None:
        raise LauncherError("There is no Go on this machine that is new enough; install 1.24 or newer.")
    folders = {"GOMODCACHE": str(place / "go/modules"), "GOCACHE": str(place / "go/cache")}
    return os.environ | folders | {"CGO_ENABLED": "0", "GOFLAGS": "", "MASH_GO": str(go)}


def _module(go: str, env: Mapping[str, str]) -> str:
    """A go.mod that wants Kubernetes. What it has from its own tree (staging/) are modules of it."""
    asked = [go, "mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"]
    done = subprocess.run(asked, env=dict(env), capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise LauncherError(f"Kubernetes cannot be fetched: {(done.stderr or done.stdout).strip()}")
    theirs = Path(json.loads(done.stdout)["GoMod"]).read_text(encoding="utf-8")
    language = "\n".join(re.findall(r"^(?:go|godebug) .*$", theirs, re.MULTILINE))
    staged = re.findall(r"^\s+(k8s\.io/[a-z0-9.-]+) => \./staging", theirs, re.MULTILINE)
    same = "\n".join(f"\t{name} => {name} v0.{KUBERNETES.partition('.')[2]}" for name in staged)
    return (
        f"module node\n\n{language}\n\nrequire k8s.io/kubernetes v{KUBERNETES}\n"
        f"require go.etcd.io/etcd/server/v3 v{ETCD}\n\nreplace (\n{same}\n)\n"
    )


def _writable(function: Any, path: str, _error: object) -> None:
    """Go writes its modules read-only."""
    Path(path).parent.chmod(0o755)
    Path(path).chmod(0o755)
    function(path)
