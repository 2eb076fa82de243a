# SPDX-License-Identifier: EUPL-1.2
"""A module stands on the SDK and on the contracts it declares, on no other service's code."""

import ast
from collections.abc import Iterator

from mash_sdk.names import folder_of_proto
from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree


def only_declared(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """`needs`, `listens`, `announces` and `reads` name every contract that is imported."""
    manifest = tree.manifest
    assert manifest is not None  # noqa: S101 — the checker sees to it
    declared = {*manifest.needs, manifest.name, "platform"}
    declared |= {
        folder_of_proto(event) for event in (*manifest.listens, *manifest.announces, *manifest.reads)
    }
    beside = {} if tree.load is None else {tree.load_file: tree.load}
    for file, module in (tree.code | beside).items():
        for name, line in _imported(module):
            first, _, rest = name.partition(".")
            if first == "mash" and rest:
                owner = folder_of_proto(name)
                if owner not in declared:
                    what = f"uses the contract of {owner}; add {owner!r} to needs in module.toml"
                    yield Fault(file, line, what)
            elif first.startswith("mash_") and first not in {"mash_sdk", tree.source.package}:
                yield Fault(file, line, f"imports {first}; ask that service by gRPC or listen to its events")


def _imported(module: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
