# SPDX-License-Identifier: EUPL-1.2
"""What a form ends in where another authority decides: a prepared document, and papers to go with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mash_forms.model.expressions import Expression, World


@dataclass(frozen=True)
class Point:
    """A paper to take along, or something to know; only for whom `when` holds (default: everybody)."""

    title: str
    source: str | None
    demo: bool
    when: Expression | None = None


@dataclass(frozen=True)
class Handover:
    """What is prepared. The form's office is the authority that decides; nothing is handed in here."""

    title: str
    text: str
    """What to do with it: how and by when to apply there."""
    shows: tuple[str, ...]
    """The answers in the order the authority asks for them."""
    order_source: str | None
    """The page where that order was read; None: it is made up for the demo."""
    notes: tuple[Point, ...]
    papers: tuple[Point, ...]

    @property
    def demo(self) -> bool:
        """Tell whether anything of it is made up for the demo."""
        return self.order_source is None or any(point.demo for point in (*self.notes, *self.papers))


def concerning(points: Sequence[Point], world: World) -> list[Point]:
    """Return those that concern somebody with these answers."""
    return [point for point in points if point.when is None or point.when.holds(world)]
