# SPDX-License-Identifier: EUPL-1.2
"""The chart approves no route that is the gateway's own or another program's, and says which."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from mash_sdk.manifest import RESERVED, ROUTE
from mash_tools.cluster.kube import Helm, find_helm

CHART = Path(__file__).parents[2] / "deploy/helm/mash"
EXAMPLE = yaml.safe_load((CHART / "ci/example-values.yaml").read_text("utf-8"))
MODULE = EXAMPLE["modules"]["lost-and-found"]
KUBERNETES = "1.34"


@pytest.fixture(scope="module")
def helm() -> Helm:
    found = find_helm()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to install helm: its refusals must be seen")
        pytest.skip("helm is not installed: nothing is refused by it")
    return Helm(found)


def test_what_is_reserved_is_said_once() -> None:
    template = (CHART / "templates/_approvals.tpl").read_text("utf-8")
    found = re.search(r'define "mash.reserved" -}}\n(\[.*?\])', template, re.DOTALL)
    assert found is not None
    assert tuple(json.loads(found[1])) == RESERVED
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert schema["$defs"]["routes"]["items"]["pattern"] == ROUTE


COLLIDING = [
    ("/ops/x", "modules.lost.routes: /ops/x is the gateway's own (/ops)"),
    ("/assets", "modules.lost.routes: /assets is the gateway's own (/assets)"),
    ("/api", "modules.lost.routes: /api is the gateway's own"),
    ("/life", "modules.lost.routes: /life is the gateway's own"),
    ("/services", "modules.lost.routes: /services collides with /services of forms"),
    ("/account/mailbox/x", "modules.lost.routes: /account/mailbox/x collides with /account"),
    ("/lost-and-found/b", "/lost-and-found/b collides with /lost-and-found of lost-and-found"),
]


@pytest.mark.parametrize(("path", "sentence"), COLLIDING)
def test_a_route_that_is_another_s_is_not_installed(
    helm: Helm, tmp_path: Path, path: str, sentence: str
) -> None:
    file = tmp_path / "values.yaml"
    # By its name behind the module it collides with: whichever comes first must not decide.
    told = EXAMPLE["modules"] | {"lost": MODULE | {"routes": [path]}}
    file.write_text(json.dumps({"modules": told if "lost-and-found" in path else {"lost": told["lost"]}}))
    files = [CHART / "ci/least-values.yaml", file]
    with pytest.raises(Exception, match=r"collides|own") as refused:
        helm.template("mash", CHART, files, namespace="mash", kubernetes=KUBERNETES)
    said = str(refused.value)
    swapped = "modules.lost-and-found.routes: /lost-and-found collides with /lost-and-found/b of lost"
    assert sentence in said or swapped in said, said
