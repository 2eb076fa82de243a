# SPDX-License-Identifier: EUPL-1.2
"""Every HTTP route says who may call it, and lies under a path that the manifest asks for."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree

METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route"})


@dataclass(frozen=True, slots=True)
class Route:
    """A function that answers a path."""

    file: Path
    line: int
    path: str
    function: ast.AsyncFunctionDef | ast.FunctionDef


def every_route_says_who(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """A parameter of the function is `Annotated[Principal, Depends(Allow(…))]`, or a name for that."""
    guards = {name for module in tree.code.values() for name in _guards(module)}
    for route in _routes(tree):
        arguments = route.function.args
        annotations = [one.annotation for one in (*arguments.args, *arguments.kwonlyargs) if one.annotation]
        if not any(_allows(one) or _names(one) & guards for one in annotations):
            what = (
                f"{route.path} does not say who may call it; add a parameter like "
                'who: Annotated[Principal, Depends(Allow("citizen"))]'
            )
            yield Fault(route.file, route.line, what)


def every_route_is_reached(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """The gateway forwards only what module.toml names."""
    assert tree.manifest is not None  # noqa: S101 — the checker sees to it
    inside = [route.upstream or route.path for route in tree.manifest.routes]
    for route in _routes(tree):
        if not any(route.path == prefix or route.path.startswith(f"{prefix}/") for prefix in inside):
            what = f"{route.path} lies under no [[routes]] of module.toml; add one or change the path"
            yield Fault(route.file, route.line, what)


def _routes(tree: Tree) -> Iterator[Route]:
    for file, module in tree.code.items():
        prefixes = _prefixes(module)
        for node in ast.walk(module):
            if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                called = mark.func if isinstance(mark, ast.Call) else None
                if not isinstance(mark, ast.Call) or not isinstance(called, ast.Attribute):
                    continue
                router = called.value.id if isinstance(called.value, ast.Name) else ""
                if called.attr in METHODS and router in prefixes and mark.args:
                    path = _text(mark.args[0])
                    yield Route(file, mark.lineno, f"{prefixes[router]}{path}", node)


def _prefixes(module: ast.Module) -> dict[str, str]:
    """Each router of a file, and what its paths begin with."""
    found: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = node.value
            name = made.func.id if isinstance(made.func, ast.Name) else getattr(made.func, "attr", "")
            if name in {"Router", "APIRouter"}:
                given = [word.value for word in made.keywords if word.arg == "prefix"]
                prefix = _text(given[0]) if given else ""
                found |= {target.id: prefix for target in node.targets if isinstance(target, ast.Name)}
    return found


def _guards(module: ast.Module) -> Iterator[str]:
    """Names that stand for somebody who was let pass."""
    for node in module.body:
        if isinstance(node, ast.Assign) and _allows(node.value):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _allows(node: ast.expr) -> bool:
    return "Allow" in _names(node)


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} | {
        one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)
    }
