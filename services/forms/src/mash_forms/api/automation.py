# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. Automatic decisions for programs: what they rest on, their reversal, their number."""

from collections.abc import Sequence
from typing import Annotated

from mash_forms.api.applications import ApplicationId, ApplicationView, Clerk, Desk, NewDecision
from mash_forms.model.processing import Source
from mash_forms.public import View
from mash_forms.service import AutomationService, Decide
from mash_sdk.http import IdempotencyKey, InUnit, Router
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide

router = Router(prefix="/api/forms/v1", tags=["forms"])

Automation = Annotated[AutomationService, Provide(AutomationService)]


class BasisView(View):
    """A rule of law, with the page it was read from; `demo`: made up."""

    title: str
    source: str | None
    demo: bool

    @classmethod
    def of(cls, basis: Source) -> "BasisView":
        return cls(title=basis.title, source=basis.source, demo=basis.demo)


class InputView(View):
    label: str
    value: str
    demo: bool


class AutomaticView(View):
    """What an automatic decision rests on."""

    rule: str
    title: str
    legal_basis: BasisView
    permitted_by: BasisView
    inputs: Sequence[InputView]


class FiguresView(View):
    """Of a form: how many routine cases a rule decided, how many the draw left to a person, how many of the
    decided ones a person reversed.
    """

    form: str
    decided: int
    sampled: int
    reversed: int


class FiguresList(View):
    items: Sequence[FiguresView]


@router.get("/automation")
async def figures(who: Clerk, unit: InUnit, automation: Automation) -> FiguresList:  # noqa: ARG001
    """How each form's routine cases went."""
    found = await automation.figures(unit)
    return FiguresList(
        items=[
            FiguresView(form=one.form, decided=one.decided, sampled=one.sampled, reversed=one.reversed)
            for one in found
        ]
    )


@router.get("/applications/{application_id}/automatic")
async def automatic(who: Clerk, unit: InUnit, desk: Desk, application_id: ApplicationId) -> AutomaticView:
    """What an automatic decision rests on: its rule, inputs and the law."""
    decision = (await desk.case(application_id, who, unit)).application.decision
    if decision is None or decision.automatic is None:
        raise NotFound("Über diesen Antrag hat keine Regel entschieden.")
    told = decision.automatic
    return AutomaticView(
        rule=told.rule,
        title=told.title,
        legal_basis=BasisView.of(told.legal_basis),
        permitted_by=BasisView.of(told.permitted_by),
        inputs=[InputView(label=one.label, value=one.value, demo=one.demo) for one in told.inputs],
    )


@router.post("/applications/{application_id}/reversal")
async def reverse(
    who: Clerk,
    unit: InUnit,
    automation: Automation,
    application_id: ApplicationId,
    body: NewDecision,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> ApplicationView:
    """Decide anew what a rule had decided. A new letter is issued; that of before holds no longer."""
    cmd = Decide(application_id, body.outcome, body.reason, who)
    return ApplicationView.of(await automation.reverse(cmd, unit))
