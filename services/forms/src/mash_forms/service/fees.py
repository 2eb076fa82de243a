# SPDX-License-Identifier: EUPL-1.2
"""Fees: what the settling of one means for its application."""

from dataclasses import dataclass
from datetime import datetime

from mash_forms.model.application import Application, NotTheFee
from mash_forms.model.money import Money
from mash_forms.service.cases import Cases
from mash_forms.service.ports import PLATFORM, Action, Applications, Audit
from mash_sdk.database import Unit
from mash_sdk.problems import Conflict, NotFound


@dataclass(frozen=True)
class Settle:
    """The fee of an application was paid."""

    application_id: str
    paid: Money
    receipt_number: str
    at: datetime


class FeeService:
    """Use cases of payments, as far as applications know of them."""

    def __init__(self, applications: Applications, audit: Audit, cases: Cases) -> None:
        self._applications = applications
        self._audit = audit
        self._cases = cases

    async def settle(self, cmd: Settle, unit: Unit) -> None:
        """Note a settled fee; again changes nothing. Raises NotFound, or Conflict if it is not the fee."""
        application = await self._applications.locked(unit, cmd.application_id)
        if application is None:
            raise NotFound("Diesen Antrag gibt es nicht.")
        course = await self._cases.course(application, unit)
        try:
            application.settle(cmd.paid, cmd.receipt_number, cmd.at, course.begins(cmd.at))
        except NotTheFee as fault:
            raise Conflict(str(fault)) from fault
        await self._keep(application, Action.SETTLED, unit)

    async def lapse(self, application_id: str, at: datetime, unit: Unit) -> None:
        """End an application nobody paid for; again changes nothing. Raises NotFound."""
        application = await self._applications.locked(unit, application_id)
        if application is None:
            raise NotFound("Diesen Antrag gibt es nicht.")
        application.withdraw(at, lapsed=True)
        await self._keep(application, Action.WITHDRAWN, unit)

    async def _keep(self, application: Application, action: Action, unit: Unit) -> None:
        if not application.happened:
            return
        await self._applications.save(unit, application)
        await self._audit.note(unit, action, application.id, PLATFORM)
        unit.announce(*application.happened)
