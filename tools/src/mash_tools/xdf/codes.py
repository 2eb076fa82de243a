# SPDX-License-Identifier: EUPL-1.2
"""Code lists that a schema only names: read from genericode files that somebody hands over."""

from dataclasses import dataclass, field

from mash_tools.xdf.schema import CodeList, Field, Value
from mash_tools.xdf.tree import BrokenSchema, Node, parsed

NAMESPACE = "http://docs.oasis-open.org/codelist/ns/genericode/1.0/"
MOST = 2000
"""Values of a selection, at most."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A code list: its name, the ids of its columns (that of its key first), and its rows by column."""

    name: CodeList
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def values(self, columns: tuple[str, str]) -> tuple[Value, ...]:
        """Codes with their names; `columns`: which of them a field wants, empty where it does not say."""
        code = columns[0] if columns[0] in self.columns else self.columns[0]
        others = [column for column in self.columns if column != code]
        name = columns[1] if columns[1] in self.columns else (others or [code])[0]
        return tuple(Value(row[code], row.get(name) or row[code]) for row in self.rows if row.get(code))


@dataclass
class Codes:
    """The lists there are, and which of them a field asked for."""

    lists: tuple[Listed, ...] = ()
    asked: set[str] = field(default_factory=set)

    def of(self, element: Field) -> tuple[Value, ...]:
        """The values of a selection whose list is elsewhere; none if nobody handed it over."""
        wanted = element.code_list
        for listed in self.lists if wanted is not None and not element.values else ():
            same = wanted is not None and (
                listed.name.version_uri == wanted.version_uri != ""
                or (listed.name.uri == wanted.uri != "" and wanted.version in {"", listed.name.version})
            )
            if same:
                self.asked.add(str(listed.name))
                return listed.values(element.columns)
        return ()

    def unasked(self) -> list[str]:
        """The names of the lists that no field asked for."""
        return [str(listed.name) for listed in self.lists if str(listed.name) not in self.asked]


def read(body: bytes) -> Listed:
    """Read a genericode file. Raises BrokenSchema."""
    root = parsed(body)
    if root.namespace != NAMESPACE or root.name != "CodeList":
        raise root.wrong(f"<{root.name}> is no code list in genericode 1.0")
    about, columns = root.one("Identification"), root.one("ColumnSet")
    ids = [column.attribute("Id") for column in columns.all("Column")]
    keys = [ref.attribute("Ref") for key in columns.all("Key") for ref in key.all("ColumnRef")]
    order = list(dict.fromkeys([*(key for key in keys if key in ids), *ids]))
    if not order or "" in order:
        raise columns.wrong("<ColumnSet> has no <Column> with an Id")
    rows = [_row(row, ids) for row in root.one("SimpleCodeList").all("Row")]
    if not 0 < len(rows) <= MOST:
        raise root.wrong(f"it has {len(rows)} rows; 1 to {MOST} can be chosen from")
    name = CodeList(about.said("CanonicalUri"), about.said("Version"), about.said("CanonicalVersionUri"))
    return Listed(name, tuple(order), tuple(rows))


def _row(row: Node, ids: list[str]) -> dict[str, str]:
    """A value without ColumnRef belongs to the column after that of the one before it."""
    found: dict[str, str] = {}
    at = 0
    for value in row.all("Value"):
        column = value.attribute("ColumnRef")
        at = ids.index(column) if column in ids else at
        if at >= len(ids) or (column and column not in ids):
            raise value.wrong("<Value> belongs to no column")
        found[ids[at]] = value.said("SimpleValue")
        at += 1
    return found


__all__ = ["BrokenSchema", "Codes", "Listed", "read"]
