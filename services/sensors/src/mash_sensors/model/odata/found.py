# SPDX-License-Identifier: EUPL-1.2
"""What a query finds: entities with what was wanted of them, and pieces of sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mash_sensors.model.entities import Entity, Link
from mash_sensors.model.odata.syntax import Query


@dataclass(slots=True)
class Item:
    """An entity. `values` by property, as they are shown; `linked` by link, what was expanded."""

    entity: Entity
    id: str
    values: Mapping[str, Any]
    select: tuple[str, ...] | None = None
    linked: dict[str, "Item | Items | None"] = field(default_factory=dict)


@dataclass(slots=True)
class Items:
    """A piece of a set. `on`: how what follows is asked for, beside what was `asked`; None at the end."""

    items: Sequence[Item]
    count: int | None = None
    on: Mapping[str, str] | None = None
    asked: Query = field(default_factory=Query)


@dataclass(frozen=True, slots=True)
class Within:
    """The set that a link of an entity leads to."""

    entity: Entity
    key: str
    link: Link
