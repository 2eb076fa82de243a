# SPDX-License-Identifier: EUPL-1.2
"""One name, derived forms: what folders, packages, manifests and contracts say must agree."""

import re
import tomllib
from pathlib import Path

import pytest

from mash_sdk.manifest import Manifest
from mash_sdk.names import Names

ROOT = Path(__file__).parents[2]
SERVICES = ["forms", "notify", "payments", "portal-gw", "sensors"]
MODULES = sorted(path.parent.name for path in (ROOT / "modules").glob("*/pyproject.toml"))
FOLDERS = [("services", name) for name in SERVICES] + [("modules", name) for name in MODULES]


def test_the_services_are_these() -> None:
    assert sorted(folder.name for folder in (ROOT / "services").iterdir() if folder.is_dir()) == SERVICES


@pytest.mark.parametrize(("group", "service"), FOLDERS)
def test_every_form_of_the_name_agrees(group: str, service: str) -> None:
    names = Names(service)
    folder = ROOT / group / service
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == names.distribution
    assert project["entry-points"][f"mash.{group}"] == {service: names.package}
    assert (folder / "src" / names.package / "app.py").is_file()
    manifest = Manifest.of(names.package)
    assert manifest.name == service
    assert manifest.version == project["version"]
    for event in manifest.announces:
        assert event.startswith(f"{names.proto}.")


@pytest.mark.parametrize(("group", "service"), FOLDERS)
def test_only_declared_rooms(group: str, service: str) -> None:
    package = ROOT / group / service / "src" / Names(service).package
    rooms = {path.stem for path in package.iterdir() if not path.name.startswith("__")}
    known = {
        "module", "app", "api", "views", "events", "rpc", "service", "model", "store", "gateways",
        "pages", "public", "signals", "settings", "migrations", "py",
    }  # fmt: skip
    more = {"portal-gw": {"edge", "sessions", "catalogue", "assets"}, "sensors": {"mqtt"}}
    extra = more.get(service, set())
    assert rooms - known - extra == set()


@pytest.mark.parametrize(("group", "service"), FOLDERS)
def test_the_readme_says_what_the_manifest_says(group: str, service: str) -> None:
    text = (ROOT / group / service / "README.md").read_text(encoding="utf-8")
    manifest = Manifest.of(Names(service).package)
    said = {*manifest.listens, *manifest.announces, *manifest.streams, *manifest.reads}
    for event in said:
        assert event in text, f"README.md of {service} does not name {event}"
    named = {n for n in re.findall(r"mash\.[a-z_]+\.v\d+\.[A-Z][A-Za-z]+", text) if not n.endswith("Service")}
    assert named - said == set(), "README.md names more than module.toml"
    for route in manifest.routes:
        assert route.path in text, f"README.md of {service} does not name {route.path}"


def test_no_forbidden_rooms() -> None:
    bad = {"utils", "helpers", "common", "base", "manager", "util", "helper"}
    found = [
        path.relative_to(ROOT)
        for folder in ("sdk", "tools", "simulators", "services", "modules")
        for path in (ROOT / folder).rglob("*.py")
        if path.stem in bad
    ]
    assert found == []
