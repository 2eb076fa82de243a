# SPDX-License-Identifier: EUPL-1.2
"""A form as far as it is filled in: which steps and fields are asked, what is computed, what it costs.

One pass in the order of the form is enough, because a condition looks only at what is asked before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mash_forms.model.expressions import ROW, Failed, Unanswered, World
from mash_forms.model.form import Charge, Field, Form, Section
from mash_forms.model.money import Money, NoSum, together

MOST_TIMES = 10_000
"""How often one fee can be due for one application; more is a slip of the formula."""


@dataclass(frozen=True)
class Shown:
    """A step that is asked, with the fields that are asked in it."""

    section: Section
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Filled:
    """A form with answers. `data` has neither answers to what is not asked nor what nobody was to send;
    it has what the form computes.
    """

    form: Form
    data: dict[str, Any]
    steps: tuple[Shown, ...]
    world: World

    @property
    def fields(self) -> dict[str, Field]:
        """Return the fields that are asked, by name."""
        return {field.name: field for step in self.steps for field in step.fields}

    def step(self, step_id: str) -> Shown | None:
        """Return a step that is asked; None if it is not, or there is none."""
        return next((step for step in self.steps if step.section.id == step_id), None)

    def row_fields(self, group: Field, row: Mapping[str, Any]) -> tuple[Field, ...]:
        """Return the fields that are asked in a row of a group."""
        return _row_fields(self.world, group, row)

    def charged(self) -> list[tuple[Charge, int]] | None:
        """Return the fees that are due, each with how often; None while an answer that decides is missing,
        and where they cannot be told.
        """
        try:
            return self._due()
        except (Unanswered, Failed, NoSum):
            return None

    @property
    def chargeable(self) -> bool:
        """Tell whether more answers can still tell the fees: False once a formula fails, or they come to no
        sum (less than none, too often, too much, or in several currencies).
        """
        try:
            self._due()
        except (Failed, NoSum):
            return False
        except Unanswered:
            pass
        return True

    def _due(self) -> list[tuple[Charge, int]]:
        due: list[tuple[Charge, int]] = []
        for charge in self.form.charges:
            if charge.when is not None and charge.when.value(self.world) is not True:
                continue
            times = 1 if charge.times is None else int(charge.times.value(self.world))
            if not 0 <= times <= MOST_TIMES:
                raise Failed(f"{charge.fee.id} is due {times} times")
            if times:
                due.append((charge, times))
        _sum(due)
        return due

    @property
    def fee(self) -> Money | None:
        """What is to be paid; None if that is nothing, or not known yet."""
        return _sum(self.charged() or [])

    @property
    def demo_fee(self) -> bool:
        """Tell whether any of what is to be paid was made up for the demo."""
        return any(charge.fee.demo for charge, _ in self.charged() or [])


def _sum(due: Sequence[tuple[Charge, int]]) -> Money | None:
    return together(Money(charge.fee.money.cents * times, charge.fee.money.currency) for charge, times in due)


def fill(form: Form, data: Mapping[str, Any], today: date) -> Filled:
    """Go through a form with cleaned answers."""
    world = World(form.language, {}, today)
    kept: dict[str, Any] = {}
    steps: list[Shown] = []
    for section in form.sections:
        _compute(form, kept, world)
        if section.when is not None and not section.when.holds(world):
            continue
        fields = tuple(_asked(section.fields, data, kept, world))
        if fields:
            steps.append(Shown(section, fields))
    _compute(form, kept, world)
    known = form.fields.keys() | {one.name for one in form.computed}
    kept |= {name: value for name, value in data.items() if name not in known}
    return Filled(form, kept, tuple(steps), world)


def _asked(
    fields: Sequence[Field], data: Mapping[str, Any], kept: dict[str, Any], world: World
) -> Iterator[Field]:
    for field in fields:
        if field.when is not None and not field.when.holds(world):
            continue
        if field.name in data:
            value = data[field.name]
            if field.is_group and isinstance(value, list):
                value = [_pruned(world, field, row) for row in value]
            kept[field.name] = value
            world.set(field.name, value)
        yield field


def _compute(form: Form, kept: dict[str, Any], world: World) -> None:
    """Work out what can be by now. One may build on another, in the order they are written."""
    for one in form.computed:
        try:
            kept[one.name] = one.value.value(world)
        except (Unanswered, Failed):
            kept.pop(one.name, None)
        world.set(one.name, kept.get(one.name))


def _row_fields(world: World, group: Field, row: Mapping[str, Any]) -> tuple[Field, ...]:
    if all(field.when is None for field in group.fields):
        return group.fields
    world.set(ROW, {**dict.fromkeys(field.name for field in group.fields), **row})
    return tuple(field for field in group.fields if field.when is None or field.when.holds(world))


def _pruned(world: World, group: Field, row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    asked = {field.name for field in _row_fields(world, group, row)}
    hidden = {field.name for field in group.fields} - asked
    return {name: value for name, value in row.items() if name not in hidden}
