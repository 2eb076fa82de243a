# SPDX-License-Identifier: EUPL-1.2
"""Reads a TOML or YAML file together with the line each value stands on, which faults are told by."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Keys and indexes from a file's root: ("contact", "phone"), ("steps", 0, "id")."""


class UnreadableError(Exception):
    """The file is no TOML or YAML; with the line where reading ended."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content and where each part of it begins."""

    file: Path
    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def at(self, place: Place) -> tuple[Path, int]:
        """The file and line of a value, or of the nearest one around it."""
        return self.file, self.line(place)


@dataclass(frozen=True, slots=True)
class Merged(Source):
    """What a file says together with those it builds on, the nearest first."""

    parts: tuple[Source, ...] = ()

    def at(self, place: Place) -> tuple[Path, int]:
        """Of a value that several files have, the nearest counts."""
        while place:
            for wanted in (place, *self._used(place)):
                for part in self.parts:
                    if wanted in part.lines:
                        return part.file, part.lines[wanted]
            place = place[:-1]
        return self.file, 1

    def _used(self, place: Place) -> list[Place]:
        """Where it stands if it came with a part that a step uses (`use: person`)."""
        steps: list[Any] = next((part.data["steps"] for part in self.parts if "steps" in part.data), [])
        uses = {at: step["use"] for at, step in enumerate(steps) if isinstance(step, dict) and "use" in step}
        if place[0] == "steps" and len(place) > 2 and place[1] in uses:  # noqa: PLR2004 — behind the step
            return [("parts", uses[int(place[1])], "step", *place[2:])]
        inside = place[1:] if place[0] == "data" else ()
        return [("parts", name, *inside) for name in uses.values()] if len(inside) > 1 else []

    def line(self, place: Place) -> int:
        return self.at(place)[1]


def read(file: Path) -> Source:
    """Raise UnreadableError when the file's syntax is wrong."""
    text = file.read_text(encoding="utf-8")
    return _toml(file, text) if file.suffix == ".toml" else _yaml(file, text)


def _toml(file: Path, text: str) -> Source:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        found = re.search(r"line (\d+)", str(err))
        raise UnreadableError(int(found[1]) if found else 1, str(err)) from err
    return Source(file, data, dict(_toml_lines(text)))


_HEADER = re.compile(r"\[(?P<list>\[)?\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"(?P<name>[A-Za-z0-9_\-]+|\"[^\"]+\")\s*=")


def _toml_lines(text: str) -> list[tuple[Place, int]]:
    """Headers and first keys of lines. tomllib tells no positions, and our files have one key a line."""
    found: list[tuple[Place, int]] = []
    table: Place = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line.strip()):
            name = header["name"]
            if header["list"]:
                counts[name] = counts.get(name, -1) + 1
                # What lies in the new one begins anew: [[openings]], [[openings.hours]], [[openings]] …
                for inside in [other for other in counts if other.startswith(f"{name}.")]:
                    del counts[inside]
            table = _place(name, counts)
            found.append((table, number))
        elif key := _KEY.match(line.strip()):
            found.append(((*table, key["name"].strip('"')), number))
    return found


def _place(header: str, counts: dict[str, int]) -> Place:
    place: list[str | int] = []
    parts = [part.strip(' "') for part in header.split(".")]
    for at, part in enumerate(parts, start=1):
        place.append(part)
        if (index := counts.get(".".join(parts[:at]))) is not None:
            place.append(index)
    return tuple(place)


def _yaml(file: Path, text: str) -> Source:
    loader = _Loader(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is not None:
            _yaml_lines(node, (), lines)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark
        raise UnreadableError(mark.line + 1 if mark else 1, str(err.problem)) from err
    finally:
        loader.dispose()
    return Source(file, data, lines)


def _yaml_lines(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            inside = (*place, str(key.value))
            if inside in lines:
                raise UnreadableError(line, f"{key.value} is there twice")
            lines[inside] = line
            _yaml_lines(value, inside, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _yaml_lines(value, (*place, index), lines)
