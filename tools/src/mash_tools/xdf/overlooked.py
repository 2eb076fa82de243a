# SPDX-License-Identifier: EUPL-1.2
"""What of a file nobody asked for, so that an import can say what it does not do: nothing goes in silence."""

from mash_tools.xdf.tree import Node

SHOWN = 5
"""So many ids are told of what is the same at several elements; then how many more there are."""
LONGEST = 80
"""Characters of a text that are told."""


def overlooked(root: Node) -> list[str]:
    """A line for every element and attribute that has content and was not used: name, content, whose."""
    found: dict[tuple[str, str], list[str]] = {}
    _walk(root, "the file", (), found)
    return [f"{what} {_short(said)!r}: {_whose(owners)}" for (what, said), owners in found.items()]


def _walk(node: Node, owner: str, path: tuple[str, ...], found: dict[tuple[str, str], list[str]]) -> None:
    inside = next((child for child in node.children if child.name == "identifikation" and child.used), None)
    if inside is not None:
        owner, path = inside.need("id"), ()

    def note(what: tuple[str, ...], said: str) -> None:
        if said:
            found.setdefault(("/".join(what), said), []).append(owner)

    for name, value in node.attributes.items():
        if name not in node.noticed:
            note((*path, f"@{name.rpartition(' ')[2]}"), value.strip())
    if node.children:
        note((*path, "text"), " ".join(node.text.split()))
    for child in node.children:
        if child.used:
            _walk(child, owner, (*path, child.name), found)
        else:
            note((*path, child.name), child.everything())


def _short(said: str) -> str:
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _whose(owners: list[str]) -> str:
    once = list(dict.fromkeys(owners))
    more = f" and {len(once) - SHOWN} more" if len(once) > SHOWN else ""
    return ", ".join(once[:SHOWN]) + more
