# SPDX-License-Identifier: EUPL-1.2
"""How the offices' work stands: open, overdue, and how long decisions take, by form."""

from collections.abc import Sequence
from datetime import timedelta

from mash_forms.service.cases import Cases
from mash_forms.service.ports import Figure, Figures
from mash_forms.service.scope import offices_of
from mash_sdk.database import Unit
from mash_sdk.identity import Principal

PERIOD = timedelta(days=365)
"""Decisions this long back count for how long they take."""


class FigureService:
    """Figures name nobody: neither applicants nor clerks."""

    def __init__(self, figures: Figures, cases: Cases) -> None:
        self._figures = figures
        self._cases = cases

    async def by_form(self, who: Principal, unit: Unit) -> Sequence[Figure]:
        """Return a figure for each form of the clerk's offices, by the form's name."""
        today = await self._cases.today(unit)
        return await self._figures.by_form(unit, offices_of(who), today, unit.clock.now() - PERIOD)
