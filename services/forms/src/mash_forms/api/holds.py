# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. Legal holds of cases and of whole forms, for programs."""

from typing import Annotated

from pydantic import Field

from mash_forms.api.applications import ApplicationId, Clerk, FormName, Forms
from mash_forms.public import View
from mash_forms.service import HoldService
from mash_sdk.http import InUnit, Router
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/forms/v1", tags=["forms"])

Holding = Annotated[HoldService, Provide(HoldService)]


class NewHold(View):
    """Whether it is on legal hold, and why that changes; the reason goes to the audit trail."""

    held: bool
    reason: StorableText = Field(min_length=1, max_length=500)


class NewFormHold(View):
    """Whether all applications of a form are on legal hold."""

    held: bool


@router.put("/applications/{application_id}/hold", status_code=204)
async def hold(
    who: Clerk, unit: InUnit, holding: Holding, application_id: ApplicationId, body: NewHold
) -> None:
    """Keep an application from being deleted, or let it go again. For clerks who are supervisors, too."""
    await holding.hold(application_id, who, body.reason, unit, held=body.held)


@router.put("/forms/{name}/hold", status_code=204)
async def hold_form(
    who: Clerk, unit: InUnit, holding: Holding, forms: Forms, name: FormName, body: NewFormHold
) -> None:
    """Keep all applications of a form from being deleted, those to come included, or let them go again.

    For clerks who are supervisors, too.
    """
    if await forms.form(who.tenant, name) is None:
        raise NotFound("Dieses Formular gibt es nicht.")
    await holding.hold_form(name, who, unit, held=body.held)
