# SPDX-License-Identifier: EUPL-1.2
"""The rules of an application, without I/O."""

from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message

from mash.forms.v1 import events_pb2
from mash_forms.model.application import (
    FOLLOWS,
    Applicant,
    Application,
    Claim,
    DecidedOtherwise,
    Decision,
    NotNow,
    NotTheFee,
    Outcome,
    Place,
    State,
)
from mash_forms.model.money import Money

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FEE = Money(3070)
START = Place("received", State.RECEIVED)
WORK = Place("processing", State.PROCESSING)
DONE = Place("decided", State.COMPLETED)


def application(fee: Money | None = FEE) -> Application:
    return Application(
        id="0195-1",
        reference="HD-7K2M-9QXC",
        form="ausweis",
        form_version="1-abc",
        applicant=Applicant("anna", "Anna Beispiel", "anna@example.org"),
        data={},
        fee=fee,
        submitted_at=NOW,
    )


def decision(outcome: Outcome = Outcome.APPROVED, reason: str = "") -> Decision:
    return Decision("d1", outcome, reason, "kurt", NOW)


def state(one: Application) -> State:
    """Read anew: a type checker takes an attribute for unchanged."""
    return one.state


def kinds(one: Application) -> list[type[Message]]:
    return [type(event) for event in one.happened]


def test_a_fee_keeps_it_from_the_office_until_it_is_settled() -> None:
    one = application()
    one.submit(START)
    assert state(one) is State.SUBMITTED
    assert one.fee_due
    assert kinds(one) == [events_pb2.ApplicationSubmitted]
    one.settle(FEE, "KZ-1", NOW, START)
    assert (state(one), one.fee_due) == (State.RECEIVED, False)
    assert one.receipt_number == "KZ-1"
    assert kinds(one) == [events_pb2.ApplicationSubmitted, events_pb2.ApplicationReceived]


def test_without_a_fee_it_is_received_at_once() -> None:
    one = application(fee=None)
    one.submit(START)
    assert state(one) is State.RECEIVED
    assert not one.happened[0].HasField("fee")
    assert [step.state for step in one.history] == [State.SUBMITTED, State.RECEIVED]


def test_the_event_names_the_fee_and_nobody() -> None:
    one = application()
    one.submit(START)
    event = one.happened[0]
    assert isinstance(event, events_pb2.ApplicationSubmitted)
    assert (event.fee.cents, event.fee.currency) == (3070, "EUR")
    assert b"Beispiel" not in event.SerializeToString()


def test_settled_twice_is_settled_once() -> None:
    one = application()
    one.submit(START)
    one.settle(FEE, "KZ-1", NOW, START)
    one.settle(FEE, "KZ-2", NOW, START)
    assert one.receipt_number == "KZ-1"
    assert kinds(one).count(events_pb2.ApplicationReceived) == 1


@pytest.mark.parametrize("paid", [Money(3069), Money(3071), Money(3070, "CHF")])
def test_an_amount_that_is_not_the_fee_is_refused(paid: Money) -> None:
    one = application()
    one.submit(START)
    with pytest.raises(NotTheFee):
        one.settle(paid, "KZ-1", NOW, START)
    assert state(one) is State.SUBMITTED


def test_nothing_can_be_paid_where_nothing_is_due() -> None:
    one = application(fee=None)
    one.submit(START)
    with pytest.raises(NotTheFee):
        one.settle(FEE, "KZ-1", NOW, START)


def test_taken_up_twice_is_taken_up_once() -> None:
    one = application(fee=None)
    one.submit(START)
    assert one.take_up(Claim("kurt", "", NOW), WORK)
    assert not one.take_up(Claim("karl", "", NOW), WORK)
    assert [step.by for step in one.history] == ["anna", None, "kurt"]


@pytest.mark.parametrize("taken_up", [True, False])
def test_decided_from_received_and_from_processing(taken_up: bool) -> None:  # noqa: FBT001 — parametrised
    one = application(fee=None)
    one.submit(START)
    if taken_up:
        one.take_up(Claim("kurt", "", NOW), WORK)
    one.decide(decision(), DONE)
    assert state(one) is State.COMPLETED
    assert kinds(one)[-1] is events_pb2.ApplicationDecided


def test_an_unpaid_application_is_not_decided() -> None:
    one = application()
    one.submit(START)
    with pytest.raises(NotNow):
        one.decide(decision(), DONE)
    with pytest.raises(NotNow):
        one.take_up(Claim("kurt", "", NOW), WORK)


def test_the_same_decision_twice_is_one_and_another_conflicts() -> None:
    one = application(fee=None)
    one.submit(START)
    one.decide(decision(Outcome.REJECTED, "zu spät"), DONE)
    one.decide(decision(Outcome.REJECTED, "zu spät"), DONE)
    assert kinds(one).count(events_pb2.ApplicationDecided) == 1
    for other in (decision(), decision(Outcome.REJECTED, "anders")):
        with pytest.raises(DecidedOtherwise):
            one.decide(other, DONE)
    assert one.decision is not None
    assert one.decision.reason == "zu spät"


def test_every_state_but_the_last_leads_on() -> None:
    assert set(FOLLOWS) == set(State)
    assert [state for state in State if not FOLLOWS[state]] == [State.COMPLETED]
