# SPDX-License-Identifier: EUPL-1.2
"""How each of the node's programs is told what to do: arguments, and the files they name."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import Any, Final

from mash_tools.cluster.namespaces import NAME, NODE, PODS, SERVICES

PAUSE: Final = "localhost/pause:1"
USERS: Final = {
    "admin": ("admin", "system:masters"),
    "controllers": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "proxy": ("system:kube-proxy", ""),
    "node": ("system:node:n1", "system:nodes"),
}
API: Final = f"https://{NODE}:6443"
ETCD: Final = "http://127.0.0.1:2379"


class Configuration:
    """Written into the node's folder; tokens and the accounts' key are new each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._etc = folder / "etc.kubernetes"

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self._etc / "admin.kubeconfig"

    def arguments(self, program: str) -> list[str]:
        """What a program is started with."""
        etc, certificates = self._etc, f"--cert-dir={self._folder}/pki"
        accounts = f"{etc}/accounts.pem"
        return {
            "containerd": [f"--config={etc}/containerd.toml"],
            "etcd": [
                f"--data-dir={self._folder}/etcd",
                "--unsafe-no-fsync",
                f"--listen-client-urls={ETCD}",
                f"--advertise-client-urls={ETCD}",
            ],
            "kube-apiserver": [
                f"--etcd-servers={ETCD}",
                certificates,
                f"--advertise-address={NODE}",
                f"--service-cluster-ip-range={SERVICES}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={accounts}",
                f"--service-account-signing-key-file={accounts}",
                f"--token-auth-file={etc}/tokens.csv",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                "--kubelet-preferred-address-types=InternalIP",
            ],
            "kube-controller-manager": [
                f"--kubeconfig={etc}/controllers.kubeconfig",
                "--use-service-account-credentials",
                f"--service-account-private-key-file={accounts}",
                certificates,
                f"--root-ca-file={self._folder}/pki/apiserver.crt",
            ],
            "kube-scheduler": [f"--kubeconfig={etc}/scheduler.kubeconfig"],
            "coredns": ["-conf", f"{etc}/Corefile"],
            "kubelet": [
                f"--config={etc}/kubelet.yaml",
                f"--kubeconfig={etc}/node.kubeconfig",
                f"--node-ip={NODE}",
                "--hostname-override=n1",
            ],
            "kube-proxy": [
                f"--kubeconfig={etc}/proxy.kubeconfig",
                "--hostname-override=n1",
                "--proxy-mode=iptables",
                f"--cluster-cidr={PODS}",
                # The kernel's own limits may not be ours to change.
                "--conntrack-max-per-core=0",
                "--conntrack-tcp-timeout-established=0s",
                "--conntrack-tcp-timeout-close-wait=0s",
            ],
        }[program]

    def write(self, plugins: Path) -> None:
        """All files. `plugins`: where the network plug-ins lie."""
        etc, cni = self._etc, self._folder / "cni"
        for folder in (etc, cni):
            folder.mkdir(parents=True)
        tokens = {user: secrets.token_hex(16) for user in USERS}
        rows = [f'{tokens[user]},{name},{user},"{groups}"' for user, (name, groups) in USERS.items()]
        (etc / "tokens.csv").write_text("\n".join(rows) + "\n")
        for user, token in tokens.items():
            _write(etc / f"{user}.kubeconfig", _kubeconfig(token))
        key = ["openssl", "genrsa", "-out", str(etc / "accounts.pem"), "2048"]
        subprocess.run(key, check=True, capture_output=True, text=True)
        (etc / "resolv.conf").write_text(f"nameserver {NODE}\n")
        names = f"kubernetes cluster.local in-addr.arpa {{\n    kubeconfig {self.kubeconfig} x\n  }}"
        (etc / "Corefile").write_text(f".:53 {{\n  bind {NODE}\n  {names}\n}}\n")
        _write(cni / "10-bridge.conflist", _network(self._folder / "cni.data"))
        # What begins with a brace would be read by a stricter parser.
        (etc / "kubelet.yaml").write_text(f"# JSON is YAML\n{json.dumps(_kubelet(self._folder))}\n")
        (etc / "containerd.toml").write_text(_containerd(self._folder, plugins))


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n")


def _kubeconfig(token: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": API, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "x", "user": {"token": token}}],
    }


def _network(data: Path) -> dict[str, Any]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(data),
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{**bridge, "ipam": addresses}, ports]}


def _kubelet(folder: Path) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{NAME}",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,  # to lower it takes a right that containers rarely have
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "clusterDNS": [NODE],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{folder}/etc.kubernetes/resolv.conf",
        "volumePluginDir": f"{folder}/plugins",
        "evictionHard": {"nodefs.available": "1Gi", "memory.available": "100Mi"},
        "imageGCHighThresholdPercent": 100,
    }


def _containerd(folder: Path, plugins: Path) -> str:
    return f"""version = 2
root = "{folder}/containerd"
state = "{folder}/containerd.run"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""
