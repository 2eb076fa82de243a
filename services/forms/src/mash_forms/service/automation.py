# SPDX-License-Identifier: EUPL-1.2
"""Routine cases that a form's rules decide at once, with a net: a random share goes to a person, and what was
decided so can be reversed by one. Registers are asked between units, never inside one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mash_forms.model.application import Application, DecidedOtherwise, Decision, NotNow, State
from mash_forms.model.expressions import World
from mash_forms.model.form import Form
from mash_forms.model.processing import Automatic, Automation, AutoRule, Input, Match
from mash_forms.model.workflow import Does
from mash_forms.service.applications import today_of
from mash_forms.service.cases import Cases
from mash_forms.service.desk import Decide, DeskService, check_reason
from mash_forms.service.letters import Letters
from mash_forms.service.ports import PLATFORM, Action, Actor, Applications, Audit, Catalogue
from mash_forms.signals import AUTOMATIC
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict
from mash_sdk.telemetry import count


@dataclass(frozen=True)
class Held:
    """What a register holds: how many entries have all the answers, and whether the register is made up."""

    entries: int
    demo: bool


class Registers(Protocol):
    """Registers a city can ask. None where it cannot ask this one."""

    async def ask(self, tenant: str, register: str, answers: Mapping[str, Any]) -> Held | None: ...


@dataclass(frozen=True)
class Figures:
    """How a form's routine cases went."""

    form: str
    decided: int
    sampled: int
    reversed: int


class Runs(Protocol):
    """What became of routine cases; nothing of it is personal, so it outlives them."""

    async def add(self, unit: Unit, application: Application, rule: str, *, sampled: bool) -> bool:
        """Keep it; False if the application was judged before."""
        ...

    async def reversed(self, unit: Unit, application_id: str) -> None: ...

    async def figures(self, unit: Unit) -> Sequence[Figures]: ...


@dataclass(frozen=True)
class Routine:
    """An application whose rules may decide it, with what they look at."""

    tenant: str
    application: Application
    form: Form
    automation: Automation
    rules: tuple[AutoRule, ...]
    """Those whose condition holds, in the file's order."""


@dataclass(frozen=True)
class Judgement:
    """A rule that makes an application a routine case, and what that rests on."""

    application_id: str
    rule: AutoRule
    sample: float
    automatic: Automatic


class AutomationService:
    """Use cases around automatic decisions."""

    def __init__(
        self,
        applications: Applications,
        runs: Runs,
        registers: Registers,
        cases: Cases,
        catalogue: Catalogue,
        desk: DeskService,
        letters: Letters,
        audit: Audit,
        draw: Callable[[], float],
    ) -> None:
        """`draw`: an evenly spread random number from 0 up to 1."""
        self._applications = applications
        self._runs = runs
        self._registers = registers
        self._cases = cases
        self._catalogue = catalogue
        self._desk = desk
        self._letters = letters
        self._audit = audit
        self._draw = draw

    async def routine(self, application_id: str, unit: Unit) -> Routine | None:
        """Return what rules may decide an application; None where a person has to."""
        application = await self._applications.get(unit, application_id)
        if application is None or application.decision is not None or application.state is not State.RECEIVED:
            return None
        form = await self._cases.form(application.form, application.form_version, unit)
        automation = form.processing.automation
        if automation is None or not automation.enabled or form.processing.four_eyes:
            return None
        world = World(
            form.language, application.data, today_of(await self._catalogue.city(unit.tenant), unit)
        )
        rules = tuple(rule for rule in automation.rules if rule.when.holds(world))
        return Routine(unit.tenant, application, form, automation, rules) if rules else None

    async def judge(self, routine: Routine) -> Judgement | None:
        """Ask the registers, without a unit. None unless all a rule names match."""
        for rule in routine.rules:
            inputs = await self._inputs(routine, rule)
            if inputs is not None:
                permitted = routine.automation.permitted_by
                automatic = Automatic(rule.id, rule.title, rule.legal_basis, permitted, inputs)
                return Judgement(routine.application.id, rule, routine.automation.sample, automatic)
        return None

    async def carry_out(self, judgement: Judgement, unit: Unit) -> None:
        """Decide, or leave it to a person if the draw says so. Twice is once."""
        application = await self._applications.locked(unit, judgement.application_id)
        if application is None or application.decision is not None or application.state is not State.RECEIVED:
            return
        rule = judgement.rule
        sampled = self._draw() < judgement.sample
        if not await self._runs.add(unit, application, rule.id, sampled=sampled):
            return
        told = judgement.automatic
        words = "; ".join(
            f"{one.label}{'' if one.label.endswith('?') else ':'} {one.value}" for one in told.inputs
        )
        detail = f"{rule.id}, {told.legal_basis.title}, {told.permitted_by.title}"
        count(
            AUTOMATIC,
            attributes={"mash.form": application.form, "mash.run": "sampled" if sampled else "decided"},
        )
        if sampled:
            await self._audit.note(unit, Action.SAMPLED, application.id, PLATFORM, detail=detail, words=words)
            return
        decision = Decision(new_id(), rule.outcome, "", PLATFORM.name, unit.clock.now(), automatic=told)
        course = await self._cases.course(application, unit)
        to = course.leads(application.stage, Does.DECIDE, decision.decided_at)
        try:
            application.decide(decision, to)
        except (NotNow, DecidedOtherwise):
            return
        await self._applications.save(unit, application)
        await self._audit.note(
            unit, Action.DECIDED_BY_RULE, application.id, PLATFORM, detail=detail, words=words
        )
        unit.announce(*application.happened)

    async def reverse(self, cmd: Decide, unit: Unit) -> Application:
        """A person decides anew what a rule had decided. The letter of before holds no longer.

        Raises Conflict for what a person had decided, and for the same outcome again.
        """
        reason = cmd.reason.strip()
        check_reason(cmd.outcome, reason)
        application = await self._desk.reachable(cmd.application_id, cmd.who, unit)
        decision = Decision(new_id(), cmd.outcome, reason, cmd.who.subject, unit.clock.now())
        try:
            application.reverse(decision)
        except NotNow as fault:
            raise Conflict("Nur eine automatische Entscheidung lässt sich hier ersetzen.") from fault
        except DecidedOtherwise as fault:
            raise Conflict("So ist schon entschieden.") from fault
        await self._applications.save(unit, application)
        await self._letters.withdraw(unit, application.id, unit.clock.now())
        await self._runs.reversed(unit, application.id)
        by = Actor("person", cmd.who.subject)
        await self._audit.note(
            unit, Action.REVERSED, application.id, by, detail=cmd.outcome.value, words=reason
        )
        unit.announce(*application.happened)
        count(AUTOMATIC, attributes={"mash.form": application.form, "mash.run": "reversed"})
        return application

    async def figures(self, unit: Unit) -> Sequence[Figures]:
        """Return how each form's routine cases went."""
        return await self._runs.figures(unit)

    async def _inputs(self, routine: Routine, rule: AutoRule) -> tuple[Input, ...] | None:
        data, form = routine.application.data, routine.form
        asked = sorted(rule.when.names & form.fields.keys())
        inputs = [Input(form.fields[name].label, form.shown(name, data.get(name))) for name in asked]
        for match in rule.matches:
            held = await self._registers.ask(
                routine.tenant, match.register, {name: data.get(name) for name in match.by}
            )
            if held is None or held.entries != 1:
                return None
            inputs.append(Input(_compared(form, match), "stimmt überein", held.demo))
        return tuple(inputs)


REGISTERS: Mapping[str, str] = {"residents": "Melderegister", "vehicles": "Fahrzeugregister"}


def _compared(form: Form, match: Match) -> str:
    labels = ", ".join(form.fields[name].label for name in match.by)
    return f"{REGISTERS[match.register]} ({labels})"
