# SPDX-License-Identifier: EUPL-1.2
"""The events and streams of the contract with file and line, read from the proto files themselves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = re.compile(r"^package\s+([\w.]+);", re.MULTILINE)
_MESSAGE = re.compile(r"^message\s+(\w+)\s*\{")
_FIELD = re.compile(r"^\s+(?:repeated\s+|optional\s+)?[\w.<>, ]+\s(\w+)\s*=\s*\d+")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    line: int
    personal: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A message with an event key."""

    name: str
    file: Path
    line: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """Events by full name, and the full names of streams' messages."""

    events: Mapping[str, Event]
    streams: frozenset[str] = frozenset()

    @classmethod
    def read(cls, folder: Path) -> "Contract":
        files = sorted((folder / "mash").rglob("*.proto"))
        streams = frozenset(name for file in files for name in _streams(file))
        return cls({event.name: event for file in files for event in _events(file)}, streams)

    def of(self, package: str) -> list[Event]:
        """The events of a proto package, `mash.bikes.v1`."""
        return [event for name, event in self.events.items() if name.rpartition(".")[0] == package]


def _streams(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    package, name = _PACKAGE.search(text), ""
    for line in text.splitlines():
        if start := _MESSAGE.match(line):
            name = start[1]
        elif package and name and ".stream)" in line:
            yield f"{package[1]}.{name}"


def _events(file: Path) -> Iterator[Event]:
    text = file.read_text(encoding="utf-8")
    package = _PACKAGE.search(text)
    name, began, fields, is_event = "", 0, list[Field](), False
    for number, line in enumerate(text.splitlines(), 1):
        if start := _MESSAGE.match(line):
            name, began, fields, is_event = start[1], number, [], False
        elif name and "event_key" in line:
            is_event = True
        elif name and (found := _FIELD.match(line)):
            fields.append(Field(found[1], number, ".personal)" in line))
        elif name and line.startswith("}"):
            if is_event and package:
                yield Event(f"{package[1]}.{name}", file, began, tuple(fields))
            name = ""
