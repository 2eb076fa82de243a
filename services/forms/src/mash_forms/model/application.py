# SPDX-License-Identifier: EUPL-1.2
"""An application from first click to decision: its six public states and what may follow on what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1 import events_pb2
from mash.platform.v1 import money_pb2
from mash_forms.model.consent import Consent
from mash_forms.model.money import Money

if TYPE_CHECKING:
    from mash_forms.model.processing import Automatic


class State(StrEnum):
    """The states a citizen sees, named as BundID names them (status_v6)."""

    INITIATED = "INITIATED"
    SUBMITTED = "SUBMITTED"
    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    COMPLETED = "COMPLETED"


class Outcome(StrEnum):
    """How the office decided."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


FOLLOWS: dict[State, frozenset[State]] = {
    State.INITIATED: frozenset({State.SUBMITTED}),
    State.SUBMITTED: frozenset({State.RECEIVED, State.COMPLETED}),
    State.RECEIVED: frozenset({State.PROCESSING, State.ACTION_REQUIRED, State.COMPLETED}),
    State.PROCESSING: frozenset({State.ACTION_REQUIRED, State.COMPLETED}),
    State.ACTION_REQUIRED: frozenset({State.PROCESSING, State.COMPLETED}),
    State.COMPLETED: frozenset(),
}


class NotNow(Exception):
    """What was asked for does not fit the state the application is in."""


class NotTheFee(Exception):
    """An amount was settled that is not the fee; it is refused, never rounded away."""


class DecidedOtherwise(Exception):
    """There is a decision already, and it says something else."""


@dataclass(frozen=True)
class Applicant:
    """Who applied. Everything but the subject is personal data."""

    subject: str
    name: str
    email: str
    language: str = "de"
    email_verified: bool = True
    """False if the login said that nobody has checked whose address it is: nothing is mailed to it."""


@dataclass(frozen=True)
class Decision:
    """What was decided, by whom (subject), why and when; by four eyes also who had proposed it."""

    id: str
    outcome: Outcome
    reason: str
    decided_by: str
    decided_at: datetime
    proposed_by: str | None = None
    automatic: Automatic | None = None
    """What it rests on, if a rule decided."""


@dataclass(frozen=True)
class Document:
    """A letter to the applicant; its bytes stay in the store."""

    id: str
    application_id: str
    kind: str
    file_name: str
    issued_at: datetime


@dataclass(frozen=True)
class Step:
    """One entry of the history: the state reached, when, and by whom (subject; None: the platform).

    `stage` is the office's own name for it, by the form's workflow.
    """

    state: State
    at: datetime
    by: str | None = None
    stage: str = ""


@dataclass(frozen=True)
class Place:
    """Where a workflow leads to: a stage, what it shows, and the day by which it has to be left."""

    stage: str
    shows: State
    due_on: date | None = None


@dataclass(frozen=True)
class Claim:
    """Who has it in work: a clerk's subject and name, since when. The name is for colleagues only."""

    by: str
    name: str
    at: datetime


class Claimed(Exception):
    """A colleague has it in work: it has to be taken over first."""


@dataclass
class Application:
    """An application. `happened` collects what is to be announced; of `history`, the first `stored_steps`
    entries are in the store already.
    """

    id: str
    reference: str
    form: str
    form_version: str
    applicant: Applicant
    data: dict[str, Any]
    fee: Money | None
    submitted_at: datetime
    state: State = State.INITIATED
    changed_at: datetime | None = None
    receipt_number: str = ""
    decision: Decision | None = None
    withdrawn_at: datetime | None = None
    office: str = ""
    """Which office it lies with, by its id in offices.toml."""
    claim: Claim | None = None
    stage: str = ""
    """Where in its form's workflow it is; empty before it is received and once it is withdrawn."""
    due_on: date | None = None
    consent: Consent | None = None
    """To what was taken over from an earlier application of the same person."""
    trust_level: int | None = None
    """What the login reached that handed it in; None: it was not noted then."""
    replaced: Decision | None = None
    """The decision that was reversed just now."""
    history: list[Step] = field(default_factory=list)
    stored_steps: int = 0
    happened: list[Message] = field(default_factory=list)

    @property
    def fee_due(self) -> bool:
        """Tell whether the applicant still has to pay."""
        return self.state is State.SUBMITTED and self.fee is not None

    @property
    def fee_paid(self) -> bool:
        """Tell whether there was a fee and it is paid: its settling is told with a receipt number."""
        return self.fee is not None and bool(self.receipt_number)

    @property
    def public_history(self) -> list[Step]:
        """The steps a citizen is shown: what the office does within one public state is none."""
        return [
            step
            for at, step in enumerate(self.history)
            if at == 0 or step.state is not self.history[at - 1].state
        ]

    def submit(self, start: Place, *, demo_fee: bool = False) -> None:
        """Hand it in. Where no fee is due the office has received it at once, at the workflow's start.

        `demo_fee`: the fee was made up for the demo.
        """
        self._reach(State.SUBMITTED, self.submitted_at, self.applicant.subject)
        self.happened.append(
            events_pb2.ApplicationSubmitted(
                application_id=self.id,
                form=self.form,
                form_version=self.form_version,
                applicant_id=self.applicant.subject,
                reference=self.reference,
                fee=money_pb2.Money(cents=self.fee.cents, currency=self.fee.currency) if self.fee else None,
                submitted_at=_stamp(self.submitted_at),
                demo_fee=demo_fee,
                language=self.applicant.language,
            )
        )
        if self.fee is None:
            self._receive(self.submitted_at, start)

    def settle(self, paid: Money, receipt_number: str, at: datetime, start: Place) -> None:
        """Note that the fee was paid. Told twice, it is noted once; another amount raises NotTheFee."""
        if self.fee is None or paid != self.fee:
            raise NotTheFee(f"settled are {_cents(paid)}, the fee is {_cents(self.fee)}")
        if self.state is not State.SUBMITTED:
            return
        self.receipt_number = receipt_number
        self._receive(at, start)

    def take_up(self, claim: Claim, to: Place | None) -> bool:
        """A clerk begins to work on it; False if somebody does already. Raises NotNow in other states.

        `to`: where that leads, if the workflow says so.
        """
        if not self.claimable:
            raise NotNow(f"{self.reference} cannot be taken up in state {self.state}")
        if self.claim is not None:
            return False
        self._take(claim, to)
        return True

    def take_over(self, claim: Claim, to: Place | None) -> Claim | None:
        """A clerk takes it from whoever has it; returns who had it. Raises NotNow if it is not in work."""
        if not self.claimable:
            raise NotNow(f"{self.reference} cannot be taken over in state {self.state}")
        before = self.claim
        if before is None or before.by != claim.by:
            self._take(claim, to)
        return before if before and before.by != claim.by else None

    def put_back(self) -> bool:
        """Nobody works on it any more; False if nobody did."""
        had, self.claim = self.claim, None
        return had is not None

    @property
    def claimable(self) -> bool:
        """Tell whether a clerk may take it up: from its arrival until it is decided."""
        return self.state in {State.RECEIVED, State.PROCESSING, State.ACTION_REQUIRED}

    def require_free(self, clerk: str) -> None:
        """Raise Claimed if somebody else than this clerk (subject) has it in work."""
        if self.claim is not None and self.claim.by != clerk:
            raise Claimed(self.reference)

    def _take(self, claim: Claim, to: Place | None) -> None:
        if to is not None:
            self._enter(to, claim.at, claim.by)
        self.claim = claim

    def move(self, to: Place, clerk: str, at: datetime) -> None:
        """A clerk moves it on within the office. Raises Claimed if a colleague has it in work."""
        self.require_free(clerk)
        self._enter(to, at, clerk)

    def ask(self, to: Place | None, clerk: str, at: datetime) -> None:
        """A clerk sends it back to the applicant. Raises Claimed, or NotNow where nothing is asked."""
        self.require_free(clerk)
        if to is None:
            raise NotNow(f"{self.reference} is not sent back from {self.stage or self.state}")
        self._enter(to, at, clerk)

    def answer(self, to: Place | None, at: datetime) -> None:
        """The applicant has answered: it goes back to the office. Raises NotNow if nothing was asked."""
        if self.state is not State.ACTION_REQUIRED or to is None:
            raise NotNow(f"nothing was asked about {self.reference}")
        self._enter(to, at, self.applicant.subject)

    def decide(self, decision: Decision, to: Place | None) -> None:
        """Decide. The same decision again changes nothing; another one raises DecidedOtherwise.

        `to`: where the workflow leads; None: nobody decides from here, which raises NotNow.
        """
        if self.decision is not None:
            if (self.decision.outcome, self.decision.reason) != (decision.outcome, decision.reason):
                raise DecidedOtherwise(self.reference)
            return
        self.require_free(decision.decided_by)
        if to is None or not self.claimable:
            raise NotNow(f"{self.reference} cannot be decided in state {self.state}")
        self._enter(to, decision.decided_at, decision.decided_by)
        self._settle_on(decision)

    def reverse(self, decision: Decision) -> None:
        """A person decides anew what a rule had decided. Raises NotNow if none had, DecidedOtherwise if
        the outcome would be the same.
        """
        if self.decision is None or self.decision.automatic is None:
            raise NotNow(f"{self.reference} was not decided by a rule")
        if self.decision.outcome is decision.outcome:
            raise DecidedOtherwise(self.reference)
        self.replaced = self.decision
        self.changed_at = decision.decided_at
        self.history.append(Step(State.COMPLETED, decision.decided_at, decision.decided_by, self.stage))
        self._settle_on(decision)

    def _settle_on(self, decision: Decision) -> None:
        self.decision = decision
        event = events_pb2.ApplicationDecided(
            application_id=self.id,
            applicant_id=self.applicant.subject,
            decision_id=decision.id,
            outcome=OUTCOMES[decision.outcome],
            decided_at=_stamp(decision.decided_at),
            form=self.form,
        )
        self.happened.append(event)

    @property
    def withdrawable(self) -> bool:
        """Tell whether the applicant may take it back: until it is decided."""
        return State.COMPLETED in FOLLOWS[self.state]

    def withdraw(self, at: datetime, *, lapsed: bool = False) -> None:
        """The applicant takes it back, or it lapsed: its fee was not paid in time. Twice is once.

        One that is decided raises NotNow; one that waits for no fee does not lapse.
        """
        unpaid = self.fee_due
        if self.withdrawn_at is not None or (lapsed and not unpaid):
            return
        self._reach(State.COMPLETED, at, None if lapsed else self.applicant.subject)
        self.withdrawn_at = at
        self.happened.append(
            events_pb2.ApplicationWithdrawn(
                application_id=self.id,
                applicant_id=self.applicant.subject,
                withdrawn_at=_stamp(at),
                fee_waived=unpaid,
                unpaid=lapsed,
            )
        )

    @property
    def lapsed(self) -> bool:
        """Tell whether it ended because nobody paid. False where the history was not read."""
        return self.withdrawn_at is not None and bool(self.history) and self.history[-1].by is None

    def issue(self, document: Document) -> None:
        """Lay a document into the applicant's account."""
        self.happened.append(
            events_pb2.DocumentIssued(
                application_id=self.id,
                applicant_id=self.applicant.subject,
                document_id=document.id,
                kind=document.kind,
                issued_at=_stamp(document.issued_at),
            )
        )

    def _receive(self, at: datetime, start: Place) -> None:
        self._enter(start, at, None)
        self.happened.append(
            events_pb2.ApplicationReceived(
                application_id=self.id, applicant_id=self.applicant.subject, received_at=_stamp(at)
            )
        )

    def _enter(self, to: Place, at: datetime, by: str | None) -> None:
        if to.shows is self.state and to.stage != self.stage:
            self._note(to.shows, at, by, to.stage)
        else:
            self._reach(to.shows, at, by, to.stage)
        self.due_on = to.due_on

    def _reach(self, state: State, at: datetime, by: str | None, stage: str = "") -> None:
        if state not in FOLLOWS[self.state]:
            raise NotNow(f"{self.reference}: {state} cannot follow {self.state}")
        self._note(state, at, by, stage)
        self.claim = None if state is State.COMPLETED else self.claim

    def _note(self, state: State, at: datetime, by: str | None, stage: str) -> None:
        self.state, self.stage, self.due_on, self.changed_at = state, stage, None, at
        self.history.append(Step(state, at, by, stage))


OUTCOMES: dict[Outcome, events_pb2.Outcome] = {
    Outcome.APPROVED: events_pb2.OUTCOME_APPROVED,
    Outcome.REJECTED: events_pb2.OUTCOME_REJECTED,
}


def _cents(money: Money | None) -> str:
    return f"{money.cents} cents {money.currency}" if money else "nothing"


def _stamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
