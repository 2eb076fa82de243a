# SPDX-License-Identifier: EUPL-1.2
"""Migrations can be taken back, and no table is without row-level security."""

import ast
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

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


def older_versions_go_on(tree: Tree, _contract: Contract) -> Iterator[Fault]:
    """While a newer version starts the older one still works on the same tables: add first, take away later.

    A migration that takes away what no version needs any more says since when: `UNUSED_SINCE = "0.3.0"`.
    """
    assert tree.manifest is not None  # noqa: S101 — the checker sees to it
    for file, module in list(_migrations(tree))[1:]:
        since = _unused_since(module)
        if since is not None and Version(since) < Version(tree.manifest.version):
            continue
        up = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
        for call in (node for one in up for node in ast.walk(one) if isinstance(node, ast.Call)):
            if (what := _breaks(call, up[0])) is not None:
                yield Fault(
                    file,
                    call.lineno,
                    f"{what}: an older version that still runs would fail; add first, take away in a later "
                    'version and say there UNUSED_SINCE = "<the version that needs it no more>"',
                )


def _breaks(call: ast.Call, upgrade: ast.FunctionDef) -> str | None:
    name = getattr(call.func, "attr", "")
    told = {word.arg: word.value for word in call.keywords}
    if name in {"drop_column", "drop_table", "rename_table"}:
        made = {_text(other.args[0]) for other in _calls_in(upgrade, "create_table") if other.args}
        if name == "drop_table" and call.args and _text(call.args[0]) in made:
            return None
        return f"{name} takes away what it uses"
    if name == "alter_column":
        if "new_column_name" in told:
            return "alter_column renames what it uses"
        if _is(told.get("nullable"), False) and "server_default" not in told:
            return "alter_column wants a value it does not give"
    if name == "add_column":
        column = next((arg for arg in call.args if isinstance(arg, ast.Call)), None)
        said = {word.arg: word.value for word in column.keywords} if column else {}
        if _is(said.get("nullable"), False) and "server_default" not in said:
            return "add_column wants a value it does not give"
    return None


def _calls_in(function: ast.FunctionDef, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == name:
            yield node


def _unused_since(module: ast.Module) -> str | None:
    for node in module.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "UNUSED_SINCE" for target in node.targets
        ):
            return _text(node.value)
    return None


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
