# SPDX-License-Identifier: EUPL-1.2
"""What is written about a module agrees: names, versions, README, lengths, and its conformance suite runs."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

from mash_sdk.names import Names
from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree, line_of

MOST_LINES: Final = 400
NO_ROOMS: Final = frozenset({"base", "common", "helper", "helpers", "manager", "util", "utils"})
_EVENT = re.compile(r"mash\.[a-z0-9_]+\.v\d+\.[A-Z][A-Za-z0-9]+")


def manifest_agrees(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """One name and one version everywhere."""
    manifest, names, file = tree.manifest, tree.names, tree.source.manifest
    assert manifest is not None  # noqa: S101 — the checker sees to it
    if tree.source.package != names.package:
        what = f"name {manifest.name!r} does not fit the package {tree.source.package}; "
        yield Fault(file, tree.at("name"), what + f"call it {Names.of_package(tree.source.package).folder!r}")
    if not manifest.fits(sdk := version("mash-sdk")):
        what = f"sdk = {manifest.sdk!r} excludes the SDK here, {sdk}: it would not start; try it, then widen"
        yield Fault(file, tree.at("sdk"), what)
    project, where = tree.project, tree.project_file
    if not project:
        return
    wanted = {"name": names.distribution, "version": manifest.version}
    for key, value in wanted.items():
        if project.get(key) != value:
            what = f"{key} is {project.get(key)!r}, but module.toml makes it {value!r}; let them agree"
            yield Fault(where, line_of(where, f"{key} ="), what)
    points = project.get("entry-points", {}).get("mash.modules", {})
    if points != {names.folder: names.package}:
        what = f'[project.entry-points."mash.modules"] has to be {names.folder} = "{names.package}"'
        yield Fault(where, line_of(where, "mash.modules"), what)
    if not manifest.retention and any("create_table" in text for text in _migrations(tree)):
        what = "it has tables but no [retention]; say for each kind of data how long it is kept"
        yield Fault(file, 1, what)


def _migrations(tree: Tree) -> Iterator[str]:
    for file in tree.code:
        if file.parent.name == "migrations":
            yield file.read_text(encoding="utf-8")


def readme_names_all(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """README names each event and path of the manifest, and no event more."""
    manifest, file = tree.manifest, tree.source.folder / "README.md"
    assert manifest is not None  # noqa: S101 — the checker sees to it
    if not file.is_file():
        yield Fault(file, 1, "is missing; write what the module listens to, announces and serves")
        return
    text = file.read_text(encoding="utf-8")
    events = {*manifest.listens, *manifest.announces, *manifest.streams, *manifest.reads}
    for wanted in sorted({*events, *(route.path for route in manifest.routes)}):
        if wanted not in text:
            yield Fault(file, 1, f"does not name {wanted}, which module.toml has; add it to the table")
    for named in sorted(set(_EVENT.findall(text)) - events):
        yield Fault(file, line_of(file, named), f"names {named}, which module.toml has not; correct either")


def files_are_short(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """What cannot be held in the head is divided, and a name says what is inside."""
    for file in sorted(tree.source.folder.rglob("*.py")):
        lines = file.read_text(encoding="utf-8").count("\n")
        if lines > MOST_LINES:
            what = f"{lines} lines are more than {MOST_LINES}; divide it by what changes together"
            yield Fault(file, MOST_LINES + 1, what)
        if file.stem in NO_ROOMS:
            yield Fault(file, 1, f"{file.stem} says nothing; name it after what it holds")


def conformance_runs(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """The SDK's suite is among the module's tests."""
    tests = tree.source.folder / "tests"
    if not any(
        "(ModuleConformance)" in file.read_text(encoding="utf-8") for file in tests.rglob("test_*.py")
    ):
        what = "no test is a ModuleConformance; subclass it from mash_sdk.testing (docs/reference/testing.md)"
        yield Fault(tests, 1, what)
