# SPDX-License-Identifier: EUPL-1.2
"""Cuts out of a lock what distributions stand on: `python needed.py locks/run.txt mash-sdk mash-forms`.

The lock's notes (`# via`) say who needs each entry. They are only used to choose: pip, installing the cut
with --require-hashes, refuses if one is missing. It needs nothing but Python.
"""
# ruff: noqa: INP001 — a script of an image's build stage, not a package

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ENTRY = re.compile(r"^([a-z0-9][a-z0-9.-]*)(\[[^\]]*\])?==")
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


def needed(lock: str, roots: set[str]) -> list[str]:
    """The texts of the entries that the roots are, or stand on."""
    known = list(entries(lock))
    wanted = set(roots)
    while more := {name for name, _, by in known if by & wanted} - wanted:
        wanted |= more
    return [text for name, text, _ in known if name in wanted]


if __name__ == "__main__":
    found = needed(Path(sys.argv[1]).read_text(encoding="utf-8"), set(sys.argv[2:]))
    if not found:
        sys.exit(f"{sys.argv[1]} has nothing for {', '.join(sys.argv[2:])}: was it made without annotations?")
    sys.stdout.write("".join(found))
