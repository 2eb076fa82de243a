# SPDX-License-Identifier: EUPL-1.2
"""Migrations can be taken back, and no table is without row-level security."""

import ast
from collections.abc import Iterator
from pathlib import Path

from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree


def migrations_go_back(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """Each has a downgrade that does something."""
    for file, module in _migrations(tree):
        found = [
            node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "downgrade"
        ]
        if not found:
            yield Fault(file, 1, "has no downgrade(); write how its upgrade is taken back")
        elif not any(isinstance(node, ast.Call) for node in ast.walk(found[0])) or _raises(found[0]):
            what = "downgrade() does nothing; write how its upgrade is taken back"
            yield Fault(file, found[0].lineno, what)


def tables_are_protected(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """Whoever makes a table calls `protect` for it, in the module's own schema."""
    for file, module in _migrations(tree):
        protected: set[str] = set()
        for call in _calls(module, "protect"):
            given = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
            protected |= {str(name) for name in given[1:]}
            if any(isinstance(arg, ast.Starred) for arg in call.args):
                return
            if given and given[0] != tree.names.schema:
                what = f"protects the schema {given[0]!r}; it has to be {tree.names.schema!r}"
                yield Fault(file, call.lineno, what)
        for call in _calls(module, "create_table"):
            name = _text(call.args[0]) if call.args else None
            if name is not None and name not in protected:
                what = f'table {name} is not protected; add protect(op, "{tree.names.schema}", "{name}")'
                yield Fault(file, call.lineno, what)


def _migrations(tree: Tree) -> Iterator[tuple[Path, ast.Module]]:
    for file, module in tree.code.items():
        if file.parent.name == "migrations":
            yield file, module


def _calls(module: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called == name:
                yield node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _raises(function: ast.FunctionDef) -> bool:
    return isinstance(function.body[0], ast.Raise)
