# SPDX-License-Identifier: EUPL-1.2
"""Refused looks at what is somebody else's: the answer is 404 as for nothing, and the trail has a line."""

from mash_forms.service.ports import Action, Actor, Audit
from mash_forms.service.scope import NotTheirs
from mash_forms.service.trail import Trail
from mash_sdk.database import Unit
from mash_sdk.problems import Problem


class Refusals:
    """Sees every refusal; what it notes stays although the refusal undoes its own unit."""

    def __init__(self, trail: Trail, audit: Audit) -> None:
        self._trail = trail
        self._audit = audit

    async def note(self, refusal: Problem, unit: Unit) -> None:
        """Note who asked for what is somebody's. What is nobody's, or their own, leaves no line."""
        if not isinstance(refusal, NotTheirs):
            return
        found = await self._trail.known(unit, refusal.wanted)
        if found is None or found.subject == refusal.who.subject:
            return
        by = Actor(refusal.who.kind, refusal.who.subject)
        await self._audit.note(unit, Action.REFUSED, found.application_id, by, detail=found.kind)
