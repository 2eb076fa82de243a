# SPDX-License-Identifier: EUPL-1.2
"""What can be told without running the module: its rules, the chart with its values, its image."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from joserfc.jwk import ECKey

from mash_sdk.names import Names
from mash_tools.cities.faults import Fault
from mash_tools.cluster.kube import Helm, Refused, find_helm
from mash_tools.module.certify.verdict import Check, Finding, Outcome
from mash_tools.module.checker import check as faults_of
from mash_tools.module.contract import Contract
from mash_tools.module.rules.schema import older_versions_go_on
from mash_tools.module.source import Source
from mash_tools.module.tree import Tree

CHART: Final = Path("deploy/helm/mash")
IMAGE: Final = Path("deploy/image/Dockerfile")
KUBERNETES: Final = "1.34"
BUILD_SECONDS: Final = 900.0


def rules(source: Source, contract: Path) -> Check:
    faults = [fault for fault in faults_of(source, contract) if fault not in _upgrade(source, contract)]
    return _of_faults("rules", "what ./mash module check asks of its folder", faults, source)


def upgrade(source: Source, contract: Path) -> tuple[Finding, ...]:
    """Where an older version that still runs would break on a newer one's tables."""
    return tuple(_finding(fault, source) for fault in _upgrade(source, contract))


def chart(source: Source, root: Path) -> Check:
    what = "the chart rendered with its values.yaml"
    helm, values = find_helm(), source.folder / "values.yaml"
    if helm is None:
        return Check("chart", Outcome.LEFT_OUT, "helm is not installed on this machine")
    if not values.is_file():
        missing = Finding("values.yaml is missing", "say how the chart runs the module")
        return Check("chart", Outcome.FAILED, what, (missing,))
    name = source.module().manifest.name
    key = ECKey.generate_key("P-256").as_dict(private=False)
    public = {part: key[part] for part in ("kty", "crv", "x", "y")}
    with tempfile.TemporaryDirectory(prefix="mash-certify-") as folder:
        given = Path(folder, "key.json")
        given.write_text(json.dumps({"modules": {name: {"publicKey": public}}}), encoding="utf-8")
        try:
            files = [root / CHART / "ci/least-values.yaml", values, given]
            Helm(helm).template("mash", root / CHART, files, namespace="mash", kubernetes=KUBERNETES)
        except Refused as err:
            wrong = Finding(" ".join(str(err).split())[:600], f"correct {values.name}")
            return Check("chart", Outcome.FAILED, what, (wrong,))
    return Check("chart", Outcome.PASSED, what)


def image(source: Source, root: Path) -> Check:
    buildah = shutil.which("buildah")
    if buildah is None:
        return Check("image", Outcome.LEFT_OUT, "buildah is not installed on this machine")
    if not source.folder.is_relative_to(root):
        return Check("image", Outcome.LEFT_OUT, "its folder is not in this checkout: build it where it is")
    name, folder = source.module().manifest.name, source.folder.relative_to(root)
    arguments = [f"--build-arg=SERVICE={name}", f"--build-arg=FOLDER={folder}"]
    tag = f"--tag={Names(name).distribution}:certify"
    done = subprocess.run(
        [buildah, "bud", "--layers", f"--file={root / IMAGE}", *arguments, tag, str(root)],
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    if done.returncode == 0:
        return Check("image", Outcome.PASSED, "built from deploy/image")
    said = " ".join(done.stderr.split())[-600:]
    return Check(
        "image", Outcome.FAILED, "building from deploy/image", (Finding(said, "see deploy/image/README.md"),)
    )


def _upgrade(source: Source, contract: Path) -> list[Fault]:
    tree = Tree.read(source)
    return list(older_versions_go_on(tree, Contract.read(contract))) if tree.manifest is not None else []


def _of_faults(name: str, what: str, faults: list[Fault], source: Source) -> Check:
    findings = tuple(_finding(fault, source) for fault in faults)
    return Check(name, Outcome.FAILED if findings else Outcome.PASSED, what, findings)


def _finding(fault: Fault, source: Source) -> Finding:
    """A fault says what is wrong; what to do; the place is the reader's way there."""
    reason, _, remedy = fault.what.rpartition("; ")
    inside = fault.file.is_relative_to(source.folder)
    place = fault.file.relative_to(source.folder) if inside else fault.file.name
    return Finding(f"{place}:{fault.line}: {reason or remedy}", remedy)
