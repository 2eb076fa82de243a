# SPDX-License-Identifier: EUPL-1.2
"""What a module says it hears and announces is true, and its events tell nothing of a person."""

import ast
from collections.abc import Iterator
from typing import Final

from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.tree import Tree

PERSONAL: Final = frozenset(
    {"address", "birthday", "contact", "email", "first_name", "iban", "last_name", "phone", "plate", "street"}
    | {"family_name", "given_name", "user_name", "username"}
)
"""Field names that can only be of a person."""

_GROUPED: Final = {"Subscriptions": 0, "Stream": 1}
"""Where in a call the group stands."""


def listens_are_handled(tree: Tree, contract: Contract) -> Iterator[Fault]:
    """`listens` is the table of events.py, line for line, in the group of the module's name."""
    assert tree.manifest is not None  # noqa: S101 — the checker sees to it
    file, listens = tree.file("events.py"), set(tree.manifest.listens)
    handled = dict(_handlers(tree.code.get(file)))
    for name in sorted(handled.keys() - listens):
        yield Fault(file, handled[name], f"handles {name}; add it to listens in module.toml")
    for name in sorted(listens - handled.keys()):
        what = f"listens names {name}, which events.py does not handle; handle it or take it out"
        yield Fault(tree.source.manifest, tree.at(name), what)
    for name in sorted(listens - contract.events.keys()):
        what = f"listens names {name}, which the contract lacks; correct its spelling"
        yield Fault(tree.source.manifest, tree.at(name), what)
    for group, line in _groups(tree.code.get(file)):
        if group != tree.names.folder:
            yield Fault(file, line, f"the group is {group!r}; it has to be {tree.names.folder!r}")


def reads_are_read(tree: Tree, contract: Contract) -> Iterator[Fault]:
    """`reads` is the streams of other services for which events.py has a Stream, and none is written."""
    assert tree.manifest is not None  # noqa: S101 — the checker sees to it
    file, reads = tree.file("events.py"), set(tree.manifest.reads)
    own = f"{tree.names.proto}."
    found = dict(_made(tree.code.get(file), "Stream"))
    for name in sorted(found.keys() - reads):
        if not name.startswith(own):
            yield Fault(file, found[name], f"reads {name}; add it to reads in module.toml")
    for name in sorted(reads):
        where = tree.source.manifest, tree.at(name)
        if name.startswith(own):
            yield Fault(*where, f"reads names {name}, which is its own; put it under streams")
        elif name not in contract.streams:
            yield Fault(
                *where, f"reads names {name}, which is no stream of the contract; correct its spelling"
            )
        elif name not in found:
            yield Fault(*where, f"reads names {name}, which events.py does not read; read it or take it out")
    for place, module in tree.code.items():
        for name, line in _made(module, "Outlet"):
            if not name.startswith(own):
                yield Fault(
                    place, line, f"writes {name}, a stream of another service; only its own doors may"
                )


def announces_are_in_the_contract(tree: Tree, contract: Contract) -> Iterator[Fault]:
    """`announces` is exactly the events of the module's own proto package."""
    assert tree.manifest is not None  # noqa: S101 — the checker sees to it
    announces = set(tree.manifest.announces)
    own = {event.name: event for event in contract.of(tree.names.proto)}
    for name in sorted(announces - own.keys()):
        foreign = not name.startswith(f"{tree.names.proto}.")
        why = (
            "is a fact of another service; take it out" if foreign else "is not in the contract; add it there"
        )
        yield Fault(tree.source.manifest, tree.at(name), f"announces names {name}, which {why}")
    for name in sorted(own.keys() - announces):
        what = f"{name} is not among announces of module.toml; add it there or remove the message"
        yield Fault(own[name].file, own[name].line, what)


def no_personal_data(tree: Tree, contract: Contract) -> Iterator[Fault]:
    """An event is kept for long and read by many: it carries ids, and who may ask the owner."""
    for event in contract.of(tree.names.proto):
        for field in event.fields:
            if field.personal or field.name in PERSONAL:
                what = (
                    f"{event.name} carries {field.name}, which is personal; announce an id and let those "
                    "who need more ask by gRPC"
                )
                yield Fault(event.file, field.line, what)


def _handlers(module: ast.Module | None) -> Iterator[tuple[str, int]]:
    """Full name of each event with a handler, and the handler's line."""
    if module is None:
        return
    known = _messages(module)
    for node in ast.walk(module):
        for mark in node.decorator_list if isinstance(node, ast.AsyncFunctionDef) else ():
            if isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == "on" and mark.args:
                first = mark.args[0]
                if isinstance(first, ast.Name) and first.id in known:
                    yield known[first.id], mark.lineno


def _made(module: ast.Module | None, kind: str) -> Iterator[tuple[str, int]]:
    """Full name of the message of each `Stream(…)` or `Outlet(…)`, and the line."""
    known = _messages(module) if module else {}
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == kind:
            named = [word.value for word in node.keywords if word.arg == "message"]
            first = next(iter([*node.args, *named]), None)
            if isinstance(first, ast.Name) and first.id in known:
                yield known[first.id], node.lineno


def _messages(module: ast.Module) -> dict[str, str]:
    """What a file calls each message of the contract that it imports → the message's full name."""
    return {
        alias.asname or alias.name: f"{node.module.rpartition('.')[0]}.{alias.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mash.")
        for alias in node.names
    }


def _groups(module: ast.Module | None) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _GROUPED:
            given = [word.value for word in node.keywords if word.arg == "group"]
            given += node.args[_GROUPED[node.func.id] :]
            if given and isinstance(given[0], ast.Constant):
                yield str(given[0].value), node.lineno
