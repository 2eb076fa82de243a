# SPDX-License-Identifier: EUPL-1.2
"""A release from install to uninstall, in this order: each test goes on where the one before ended."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from mash_tools.cluster.kube import Refused
from mash_tools.cluster.release import CHART, MINUTES, RELEASE, Cluster
from mash_tools.journey.browser import Browser
from mash_tools.journey.permit import Login, log_in

if "MASH_TEST_KUBECONFIG" not in os.environ:
    pytest.skip("needs Kubernetes: ./mash test --cluster runs it", allow_module_level=True)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]

Step = Callable[[str], AbstractContextManager[None]]

ROOT = Path(__file__).parents[2]
MODULE = "lost-and-found"
HTML = {"accept": "text/html"}
KUBELET_SECONDS = 150.0
"""A changed ConfigMap reaches a pod's files with the kubelet's next round, in about a minute and a half."""
IN_A_ROW = 12
"""Answers alike that mean both gateways: by chance one alone gives them once in two thousand times."""
CONFINED = """
import json, os, pathlib
def refused(path):
    try: pathlib.Path(path).write_text("x")
    except OSError as err: return err.strerror
lines = open("/proc/self/status").read().splitlines()
status = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
print(json.dumps({"uid": os.getuid(), "root": refused("/x"), "program": refused("/opt/mash/x"),
    "tmp": refused("/tmp/x"), "capabilities": status["CapEff"], "seccomp": status["Seccomp"],
    "token": os.path.exists("/var/run/secrets/kubernetes.io")}))
"""


def page(cluster: Cluster, path: str) -> httpx.Response:
    return httpx.get(f"{cluster.target.portal}/heidelberg{path}", headers=HTML, timeout=20, trust_env=False)


def until(cluster: Cluster, path: str, status: int, within: float) -> None:
    """Until each gateway answers so: each connection is another's, and none knows what the other knows."""
    deadline = time.monotonic() + within
    in_a_row = 0
    while in_a_row < IN_A_ROW:
        answer = page(cluster, path).status_code
        in_a_row = in_a_row + 1 if answer == status else 0
        assert time.monotonic() < deadline, f"{path} says {answer}, not {status}, within {within:.0f} s"
        time.sleep(0.1 if in_a_row else 0.5)


@contextmanager
def watched(cluster: Cluster, path: str) -> Iterator[list[str]]:
    """Asks for a page again and again meanwhile; what was not answered by 200 is in the list."""
    amiss: list[str] = []
    asked = 0
    done = threading.Event()

    def ask() -> None:
        nonlocal asked
        while not done.wait(0.2):
            asked += 1
            try:
                status = page(cluster, path).status_code
            except httpx.HTTPError as err:
                amiss.append(type(err).__name__)
            else:
                amiss.extend([str(status)] if status != httpx.codes.OK else [])

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield amiss
    finally:
        done.set()
        thread.join()
    assert asked > 10, "hardly anybody asked"


def test_kubernetes_takes_every_object(cluster: Cluster, step: Step) -> None:
    files = [f"--values={file}" for file in cluster.values]
    rendered = cluster.helm.run("template", RELEASE, CHART, *files, cluster.namespaced, "--validate")
    with step("kubectl apply --dry-run=server --validate=strict"):
        dry = ["--dry-run=server", "--validate=strict", "--filename=-"]
        said = cluster.kubectl.run("apply", *dry, cluster.namespaced, told=rendered)
    assert said.count("(server dry run)") == rendered.count("\nkind: ")
    wrong = rendered.replace("terminationGracePeriodSeconds", "terminationGraceSeconds")
    with pytest.raises(Refused, match="unknown field"):
        cluster.kubectl.run("apply", *dry, cluster.namespaced, told=wrong)


def test_it_is_installed(cluster: Cluster, step: Step) -> None:
    files = [f"--values={file}" for file in cluster.values]
    options = [*files, cluster.namespaced, "--wait", f"--timeout={MINUTES}"]
    with step("helm install --wait"):
        cluster.helm.run("install", RELEASE, CHART, *options, within=1200)
    assert page(cluster, "/services").status_code == httpx.codes.OK


def test_a_permit_is_walked(cluster: Cluster, step: Step) -> None:
    with step("helm test: login and the permit journey"):
        said = cluster.helm.run("test", RELEASE, cluster.namespaced, f"--timeout={MINUTES}", within=600)
    assert "Phase:          Succeeded" in said


def test_pods_can_do_little(cluster: Cluster) -> None:
    for deployed in cluster.get("deployments"):
        (container,) = deployed["spec"]["template"]["spec"]["containers"]
        command = [f"deployment/{deployed['metadata']['name']}", f"--container={container['name']}"]
        python = ["--", "/opt/mash/bin/python", "-c", CONFINED]
        found = json.loads(cluster.kubectl.run("exec", cluster.namespaced, *command, *python))
        assert found == {
            "uid": 10001,
            "root": "Read-only file system",
            "program": "Read-only file system",
            "tmp": None,
            "capabilities": "0000000000000000",
            "seccomp": "2",
            "token": False,
        }, container["name"]


def test_one_that_is_down_takes_nobody_along(cluster: Cluster, step: Step) -> None:
    scale = ["scale", f"deployment/{RELEASE}-forms", cluster.namespaced]
    with step("forms is taken away and comes back"):
        cluster.kubectl.run(*scale, "--replicas=0")
        until(cluster, "/services", 503, 60)
        assert page(cluster, "/").status_code == httpx.codes.OK
        cluster.kubectl.run(*scale, "--replicas=1")
        until(cluster, "/services", 200, 120)


def test_a_module_joins_by_one_entry(cluster: Cluster, step: Step) -> None:
    assert page(cluster, "/lost-and-found").status_code == httpx.codes.NOT_FOUND
    before = cluster.pods()
    keys = cluster.secrets_of("module", module=MODULE)
    cluster.values += [ROOT / f"modules/{MODULE}/values.yaml", keys]
    with step("helm upgrade --wait with one entry under modules"):
        cluster.upgrade("--wait")
    with step("until its pages answer behind the gateway"):
        until(cluster, "/lost-and-found", 200, KUBELET_SECONDS)
    after = cluster.pods()
    assert before.items() <= after.items(), "something else was restarted"
    assert [name for uid, name in after.items() if uid not in before] == [MODULE]
    with Browser() as anna:
        found = anna.open(f"{cluster.target.portal}/heidelberg/lost-and-found")
        form = log_in(anna, found.link("Verlust melden"), Login("anna", "demo"))
        said = {
            "category": "keys",
            "description": "Roter Schlüsselbund",
            "place": "Marktplatz",
            "day": "2026-01-02",
        }
        reported = anna.press(form, "Verlust melden", **said)
    assert "Verlust: Schlüssel" in reported.words, reported.saying("it was not reported")


def test_a_broken_version_is_taken_back(cluster: Cluster, step: Step) -> None:
    before = cluster.pods()
    broken = ["--set=services.forms.image.repository=mash-broken", "--atomic"]
    with (
        step("helm upgrade --atomic with an image that never answers"),
        watched(cluster, "/services") as amiss,
        pytest.raises(Refused, match="rolled back"),
    ):
        cluster.upgrade(*broken, within="90s")
    assert amiss == [], "people noticed"
    assert cluster.pods() == before
    history = json.loads(cluster.helm.run("history", RELEASE, cluster.namespaced, "--output=json"))
    assert [one["status"] for one in history[-2:]] == ["failed", "deployed"]
    (forms,) = [one for one in cluster.get("deployments") if one["metadata"]["name"] == f"{RELEASE}-forms"]
    assert forms["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
        f"/mash-forms:{cluster.target.tag}"
    )


def test_a_newer_version_is_rolled_out_unnoticed(cluster: Cluster, step: Step) -> None:
    before = cluster.pods()
    changed = ["--set=services.forms.env.BODY_LIMIT=2097152", "--wait"]
    with step("helm upgrade --wait that replaces forms"), watched(cluster, "/services") as amiss:
        cluster.upgrade(*changed)
    assert amiss == [], "people noticed"
    gone = [name for uid, name in before.items() if uid not in cluster.pods()]
    assert gone == ["forms"]


def test_nothing_stays(cluster: Cluster, step: Step) -> None:
    # Without it helm waits for what it made itself, not for the pods that others made of it.
    options = ["--wait", "--cascade=foreground", "--timeout=3m"]
    with step("helm uninstall --wait"):
        cluster.helm.run("uninstall", RELEASE, cluster.namespaced, *options, within=300)
    kinds = (
        "deployments,replicasets,jobs,pods,services,serviceaccounts,configmaps,networkpolicies,pdb,secrets"
    )
    left = cluster.get(kinds, f"--selector=app.kubernetes.io/instance={RELEASE}")
    left += cluster.get("secrets", f"--selector=owner=helm,name={RELEASE}")
    assert [f"{one['kind']} {one['metadata']['name']}" for one in left] == []
