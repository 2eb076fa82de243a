# SPDX-License-Identifier: EUPL-1.2
"""Cuts out of a lock what projects stand on: `needed.py run.txt services/forms/pyproject.toml mash-sdk`.

What a project has under [project.optional-dependencies] is left out. The lock's notes (`# via`) say who needs
each entry. They are only used to choose: pip, installing the cut with --require-hashes, refuses if one is
missing. It needs nothing but Python.
"""
# ruff: noqa: INP001 — a script of an image's build stage, not a package

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ENTRY = re.compile(r"^([a-z0-9][a-z0-9.-]*)(\[[^\]]*\])?==")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
NOTE = re.compile(r"^\s+#\s+(?:via\s+)?(\S.*)$")


def entries(lock: str) -> Iterator[tuple[str, str, set[str]]]:
    """Each entry of the lock: its name, its text, and the names of those that need it."""
    name, text, needed_by = "", "", set[str]()
    for line in lock.splitlines():
        if start := ENTRY.match(line):
            if name:
                yield name, text, needed_by
            name, text, needed_by = start[1], "", set()
        elif note := NOTE.match(line):
            needed_by.add(note[1].split(" ")[0])
            continue
        elif line.startswith("#"):
            continue
        text += f"{line}\n"
    if name:
        yield name, text, needed_by


def optional(project: str) -> tuple[set[str], set[str]]:
    """The name of the project in a pyproject.toml, and what it can do without."""
    found = tomllib.loads(project)["project"]
    extras = found.get("optional-dependencies", {}).values()
    return {found["name"]}, {NAME.match(line)[0].lower() for extra in extras for line in extra}


def needed(lock: str, roots: set[str], without: set[str]) -> list[str]:
    """The texts of the entries that the roots are, or stand on."""
    known = [entry for entry in entries(lock) if entry[0] not in without]
    wanted = set(roots)
    while more := {name for name, _, by in known if by & wanted} - wanted:
        wanted |= more
    return [text for name, text, _ in known if name in wanted]


if __name__ == "__main__":
    lock, *roots = sys.argv[1:]
    named, without = {root for root in roots if not root.endswith(".toml")}, set[str]()
    for project in set(roots) - named:
        name, extras = optional(Path(project).read_text(encoding="utf-8"))
        named, without = named | name, without | extras
    found = needed(Path(lock).read_text(encoding="utf-8"), named, without)
    if not found:
        sys.exit(f"{lock} has nothing for {', '.join(sorted(named))}: was it made without annotations?")
    sys.stdout.write("".join(found))
