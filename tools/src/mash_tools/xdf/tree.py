# SPDX-License-Identifier: EUPL-1.2
"""XML with the place of every element, read by expat because it knows them. Whatever is odd is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

SIZE = 20 << 20
"""Bytes of a file, at most."""
DEPTH = 100
"""Elements within one another, at most."""


class BrokenSchema(Exception):
    """It cannot be read; with the line and column, both counted from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


@dataclass(slots=True)
class Node:
    """An element: its name without namespace, its text, what is in it."""

    name: str
    namespace: str
    line: int
    column: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)
    used: bool = False
    """Somebody asked for it. What nobody asked for is what an import has to own up to (`overlooked`)."""
    noticed: set[str] = field(default_factory=set)
    """The attributes somebody asked for."""

    def wrong(self, reason: str) -> BrokenSchema:
        """What to raise for a fault at this place."""
        return BrokenSchema(reason, self.line, self.column)

    def all(self, name: str) -> Iterator[Node]:
        """The children of a name."""
        for child in self.children:
            if child.name == name:
                child.used = True
                yield child

    def checked(self, name: str) -> Node | None:
        """The child of a name, which is only looked at. Raises BrokenSchema if there are several."""
        found = [child for child in self.children if child.name == name]
        if len(found) > 1:
            raise found[1].wrong(f"<{name}> is there twice in <{self.name}>")
        return found[0] if found else None

    def maybe(self, name: str) -> Node | None:
        """The child of a name. Raises BrokenSchema if there are several."""
        found = self.checked(name)
        if found is not None:
            found.used = True
        return found

    def attribute(self, name: str) -> str:
        """An attribute; empty if there is none."""
        self.noticed.add(name)
        return self.attributes.get(name, "").strip()

    def everything(self) -> str:
        """All its text, that of what is in it included, in one line."""
        inside = (child.everything() for child in self.children)
        return " ".join(" ".join((self.text, *self.attributes.values(), *inside)).split())

    def one(self, name: str) -> Node:
        """The child of a name. Raises BrokenSchema unless there is exactly one."""
        found = self.maybe(name)
        if found is None:
            raise self.wrong(f"<{name}> is missing in <{self.name}>")
        return found

    def need(self, name: str) -> str:
        """The text of the one child of a name. Raises BrokenSchema if there is none."""
        child = self.one(name)
        if not child.text.strip():
            raise child.wrong(f"<{name}> is empty")
        return child.text.strip()

    def said(self, name: str) -> str:
        """The text of the child of a name, if there is one."""
        child = self.maybe(name)
        return child.text.strip() if child else ""

    def code(self, name: str) -> str:
        """The code of the child of a name, which is an entry of a code list; empty if there is none."""
        child = self.maybe(name)
        return child.need("code") if child else ""

    def only(self, *known: str) -> None:
        """Raise BrokenSchema for a child of another name."""
        for child in self.children:
            if child.name not in known:
                raise child.wrong(f"<{child.name}> does not belong into <{self.name}>")


def parsed(body: bytes) -> Node:
    """Return the root. Raises BrokenSchema."""
    if len(body) > SIZE:
        raise BrokenSchema(f"the file is larger than {SIZE >> 20} MB", 1, 1)
    parser = expat.ParserCreate(namespace_separator=" ")
    top = Node("", "", 1, 1, {})
    within: list[Node] = [top]

    def here(reason: str) -> BrokenSchema:
        return BrokenSchema(reason, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(within) > DEPTH:
            raise here(f"more than {DEPTH} elements lie within one another")
        namespace, _, local = name.rpartition(" ")
        place = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        node = Node(local, namespace, *place, attributes)
        within[-1].children.append(node)
        within.append(node)

    def text(data: str) -> None:
        within[-1].text += data

    def doctype(*_: object) -> None:
        raise here("a document type (DOCTYPE) is not allowed")

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: within.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as err:
        why = expat.errors.messages.get(err.code, expat.ErrorString(err.code))
        raise BrokenSchema(f"is no well-formed XML ({why})", err.lineno, err.offset + 1) from None
    except (LookupError, ValueError) as err:
        raise here(f"its characters cannot be read ({err})") from None
    return top.children[0]
