# SPDX-License-Identifier: EUPL-1.2
"""It says how it is used under load, and what it promises then."""

import ast
from collections.abc import Iterator

from mash_sdk.load.login import STEPS
from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree


def load_has_goals(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """A load.py with users, and [goals] in module.toml for steps that they take."""
    manifest, file = tree.manifest, tree.source.manifest
    assert manifest is not None  # noqa: S101 — the checker sees to it
    if manifest.goals is None:
        yield Fault(file, 1, "has no [goals]; say what ./mash load asks of it (docs/how-to/load-test.md)")
    if not tree.load_file.is_file():
        yield Fault(tree.load_file, 1, "is missing; say how it is used (docs/how-to/load-test.md)")
    if tree.load is None:
        return
    if not any(_is_task(node) for node in ast.walk(tree.load)):
        yield Fault(tree.load_file, 1, "nobody does anything; mark what users do by @task() of mash_sdk.load")
    taken = {node.value for node in ast.walk(tree.load) if isinstance(node, ast.Constant)} | set(STEPS)
    for goal in manifest.goals.steps if manifest.goals else ():
        _method, _, name = goal.step.partition(" ")
        if not {goal.step, name} & taken:
            what = f"{goal.step} is no step of load.py, so its goal is never met; write its path as there"
            yield Fault(file, tree.at(f'"{goal.step}"'), what)


def _is_task(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "task"
