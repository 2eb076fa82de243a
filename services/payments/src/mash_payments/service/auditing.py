# SPDX-License-Identifier: EUPL-1.2
"""Who saw or changed what: the trail that use cases write, and the line a refusal leaves."""

from __future__ import annotations

from typing import Protocol

from mash_payments.model import Action
from mash_sdk.database import Unit
from mash_sdk.problems import NotFound, Problem


class Audit(Protocol):
    """An append-only trail."""

    async def note(
        self, unit: Unit, action: Action, by: str, payment_id: str | None = None, detail: str = ""
    ) -> None:
        """Add a line. `by` is a subject; `detail` holds no personal data: the trail never forgets."""
        ...


class NotTheirs(NotFound):
    """A payment that is somebody else's: the answer is as for none, and the trail has a line of who asked."""

    def __init__(self, detail: str, payment_id: str, who: str) -> None:
        super().__init__(detail)
        self.payment_id = payment_id
        self.who = who


class Refusals:
    """Sees every refusal; what it notes stays although the refusal undoes its own unit."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def note(self, refusal: Problem, unit: Unit) -> None:
        """Note who asked for what is somebody else's."""
        if isinstance(refusal, NotTheirs):
            await self._audit.note(unit, Action.REFUSED, refusal.who, refusal.payment_id)
