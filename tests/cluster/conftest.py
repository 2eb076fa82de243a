# SPDX-License-Identifier: EUPL-1.2
"""A platform on Kubernetes: its surroundings on this machine, and the secrets and values of an operator."""

import os
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from mash_tools.cluster.kube import Helm, Kubectl, Refused, find_program
from mash_tools.cluster.release import NAMESPACE, RELEASE, Cluster, values_of
from mash_tools.cluster.surroundings import Surroundings
from mash_tools.cluster.testing import Target

LOGINS = {
    "citizen-username": "anna",
    "clerk-username": "kurt",
    "citizen-password": "demo",
    "clerk-password": "demo",
}

Step = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def target() -> Target:
    fields = ("kubeconfig", "registry", "tag", "address", "portal")
    return Target(*(os.environ[f"MASH_TEST_{name.upper()}"] for name in fields))


@pytest.fixture(scope="session")
def step(request: pytest.FixtureRequest) -> Step:
    """Says at once what is done and how long it took: these tests are long."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    began = time.monotonic()

    @contextmanager
    def doing(what: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        took = time.monotonic() - start
        with capture.global_and_fixture_disabled():
            print(f"\n{start - began:7.1f} s  {what}: {took:.1f} s", end="", flush=True)  # noqa: T201

    return doing


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def surroundings(
    target: Target, tmp_path_factory: pytest.TempPathFactory, step: Step
) -> AsyncIterator[Surroundings]:
    around = Surroundings(tmp_path_factory.mktemp("around"), target.address, print)
    with step("the three parts, mail and the payment simulator start on this machine"):
        await around.__aenter__()
    yield around
    await around.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def cluster(
    target: Target, surroundings: Surroundings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    helm, kubectl = find_program("helm"), find_program("kubectl")
    assert helm, "there is no helm"
    assert kubectl, "there is no kubectl"
    folder = tmp_path_factory.mktemp("operator")
    kubeconfig = Path(target.kubeconfig)
    found = Cluster(target, Helm(helm, kubeconfig), Kubectl(kubectl, kubeconfig), [], folder)
    found.kubectl.run("create", "namespace", NAMESPACE)
    provider = folder / "provider"
    provider.write_text(surroundings.provider_secret)
    keys = found.secrets_of("keys", f"payments/xbezahldienste-client-secret={provider}")
    found.secret("mash-postgres-admin", password=surroundings.migrator_password)
    user, password = surroundings.keycloak.admin
    found.secret("mash-keycloak-admin", username=user, password=password)
    found.secret("mash-test-logins", **{key.replace("-", "_"): value for key, value in LOGINS.items()})
    own = folder / "values.yaml"
    own.write_text(yaml.safe_dump(values_of(target, surroundings)))
    found.values = [own, keys]
    yield found
    try:
        found.helm.run("uninstall", RELEASE, found.namespaced, "--ignore-not-found", within=300)
    finally:
        found.kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the cluster says besides, when a test fails."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(cluster, Cluster):
        for title, words in {
            "pods": ["get", "pods", "--output=wide"],
            "events": ["get", "events", "--sort-by=.lastTimestamp"],
            "logs": [
                "logs",
                "--selector=app.kubernetes.io/name=mash",
                "--all-containers",
                "--tail=15",
                "--prefix",
            ],
        }.items():
            try:
                said = cluster.kubectl.run(*words, cluster.namespaced)
            except Refused as err:
                said = str(err)
            report.sections.append((title, said[-8000:]))
    return report
