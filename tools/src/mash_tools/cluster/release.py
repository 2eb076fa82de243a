# SPDX-License-Identifier: EUPL-1.2
"""A release of the chart as an operator has it: helm and kubectl in one namespace, secrets, values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mash_tools.cluster.kube import Helm, Kubectl
from mash_tools.cluster.surroundings import CLIENT, DATABASE, MIGRATOR, Surroundings
from mash_tools.cluster.testing import PORT, Target
from mash_tools.deploy import secrets

CHART: Final = Path("deploy/helm/mash")
NAMESPACE: Final = "mash-test"
RELEASE: Final = "mash"
MINUTES: Final = "6m"


@dataclass
class Cluster:
    """Installed, changed and looked at through helm and kubectl."""

    target: Target
    helm: Helm
    kubectl: Kubectl
    values: list[Path]
    folder: Path

    def upgrade(self, *options: str, values: tuple[Path, ...] = (), within: str = MINUTES) -> str:
        files = [f"--values={file}" for file in (*self.values, *values)]
        words = ["upgrade", RELEASE, str(CHART), *files, f"--timeout={within}", *options]
        return self.helm.run(*words, self.namespaced, within=1200)

    @property
    def namespaced(self) -> str:
        return f"--namespace={NAMESPACE}"

    def get(self, kinds: str, *more: str) -> list[dict[str, Any]]:
        return self.kubectl.get(kinds, self.namespaced, *more)

    def pods(self) -> dict[str, str]:
        """What runs: each pod's component and its uid."""
        selector = f"--selector=app.kubernetes.io/instance={RELEASE}"
        found = self.get("pods", selector, "--field-selector=status.phase=Running")
        alive = [pod["metadata"] for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return {pod["uid"]: pod["labels"]["app.kubernetes.io/component"] for pod in alive}

    def secrets_of(self, name: str, *more: str, module: str | None = None) -> Path:
        """What `./mash deploy secrets` makes, brought to the cluster; the public keys' values."""
        wanted = {module: secrets.MODULE} if module else secrets.services()
        made = secrets.make(wanted, secrets.taken(more))
        files = secrets.write(self.folder / name, made, NAMESPACE, modules=module is not None)
        self.kubectl.run("create", f"--filename={files.secrets}")
        return files.values

    def secret(self, name: str, **literals: str) -> None:
        said = [f"--from-literal={key.replace('_', '-')}={value}" for key, value in literals.items()]
        self.kubectl.run("create", "secret", "generic", name, *said, self.namespaced)


def values_of(target: Target, around: Surroundings) -> dict[str, Any]:
    """As an operator would write them, for a platform to try out."""
    return {
        "publicUrl": target.portal,
        "image": {"registry": target.registry, "tag": target.tag},
        "postgres": {
            "host": around.address,
            "port": around.postgres.port,
            "database": DATABASE,
            "migrations": {"user": MIGRATOR},
        },
        "kafka": {"bootstrap": around.kafka.bootstrap, "partitions": 3, "replication": 1},
        "keycloak": {"url": around.keycloak.url, "realms": {"demo": True}},
        "defaults": {"replicas": 1},
        "services": {
            "portal-gw": {
                "replicas": 2,
                "env": {"FORM_TARGETS": around.provider_url},
                "service": {"type": "NodePort", "nodePort": PORT},
            },
            "payments": {
                "env": {"XBEZAHLDIENSTE_URL": around.provider_url, "XBEZAHLDIENSTE_CLIENT_ID": CLIENT},
            },
            "notify": {"env": {"SMTP": f"{around.address}:{around.smtp}"}},
        },
        "tests": {"journey": {"enabled": True}},
    }
