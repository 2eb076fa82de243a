# SPDX-License-Identifier: EUPL-1.2
"""What the chart is told of a module: `values.yaml` in its folder says the same as its manifest."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree, line_of

_CHECKED = ("existingSecret", "routes", "needs")


def values_agree(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """One entry under `modules`, which approves what the manifest asks for and no more."""
    manifest, file = tree.manifest, tree.source.folder / "values.yaml"
    assert manifest is not None  # noqa: S101 — the checker sees to it
    if not file.is_file():
        yield Fault(file, 1, "is missing; say how the chart deploy/helm/mash runs the module")
        return
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        yield Fault(file, mark.line + 1 if mark else 1, f"{getattr(err, 'problem', err)}; correct it")
        return
    modules = said.get("modules") if isinstance(said, Mapping) else None
    named = list(modules) if isinstance(modules, Mapping) else []
    entry = modules[manifest.name] if isinstance(modules, Mapping) and named == [manifest.name] else None
    if not isinstance(entry, Mapping):
        yield Fault(file, 1, f"has to have exactly one entry: modules.{manifest.name}")
        return
    wanted = {
        "existingSecret": tree.names.distribution,
        "routes": _covering([route.path for route in manifest.routes]),
        "needs": list(manifest.needs),
    }
    for key in _CHECKED:
        found: Any = entry.get(key, [] if key == "needs" else None)
        if found != wanted[key]:
            what = f"{key} is {found!r}, but module.toml makes it {wanted[key]!r}; let them agree"
            yield Fault(file, line_of(file, f"{key}:"), what)


def _covering(paths: list[str]) -> list[str]:
    """The paths that no other one covers, by whole segments: an approval is a prefix."""
    return [
        path for path in paths if not any(path != other and path.startswith(f"{other}/") for other in paths)
    ]
