# SPDX-License-Identifier: EUPL-1.2
"""A message's states: which follow which, and what is announced."""

from datetime import UTC, datetime, timedelta

import pytest

from mash.notify.v1.events_pb2 import MessageDeliveryUnknown, MessageRefused, MessageSent
from mash_notify.model import GIVE_UP, LONGEST_PAUSE, Kind, Letter, Message, State, WrongState, pause

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def message(state: State = State.QUEUED, *, handed_over: bool = False) -> Message:
    return Message(
        id="m1",
        about="a1",
        kind=Kind.RECEIVED,
        recipient="p1",
        contact_id="c1",
        letter=Letter("Betreff", "Text", "<p>Text</p>"),
        queued_at=NOON,
        due_at=NOON,
        changed_at=NOON,
        state=state,
        attempts=1 if state is State.SENDING else 0,
        handed_over=handed_over,
    )


def test_sent_forgets_the_words_and_says_so() -> None:
    sending = message()
    sending.take(NOON)
    sending.sent(NOON)
    assert (sending.state, sending.letter, sending.attempts) == (State.SENT, None, 1)
    [event] = sending.happened
    assert isinstance(event, MessageSent)
    assert (event.message_id, event.about, event.channel) == ("m1", "a1", "email")


def test_refused_and_lost_forget_the_words_too() -> None:
    refused, lost = message(State.SENDING), message(State.SENDING)
    refused.refused(NOON)
    lost.lost(NOON)
    assert (refused.state, refused.letter) == (State.REFUSED, None)
    assert (lost.state, lost.letter) == (State.UNKNOWN, None)
    assert isinstance(refused.happened[0], MessageRefused)
    assert isinstance(lost.happened[0], MessageDeliveryUnknown)


def test_postponed_keeps_the_words_and_waits_longer_each_time() -> None:
    sending = message(State.SENDING)
    sending.postponed(NOON)
    assert (sending.state, sending.happened) == (State.QUEUED, [])
    assert sending.letter is not None
    assert sending.due_at == NOON + timedelta(seconds=5)
    pauses = [pause(attempt) for attempt in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
    assert pauses[-1] == LONGEST_PAUSE


def test_after_days_of_trying_it_is_refused() -> None:
    sending = message(State.SENDING)
    sending.postponed(NOON + GIVE_UP)
    assert sending.state is State.REFUSED
    assert isinstance(sending.happened[0], MessageRefused)


@pytest.mark.parametrize(("handed_over", "state"), [(False, State.QUEUED), (True, State.UNKNOWN)])
def test_interrupted_is_unknown_only_if_the_channel_may_have_it(*, handed_over: bool, state: State) -> None:
    sending = message(State.SENDING, handed_over=handed_over)
    sending.interrupted(NOON)
    assert sending.state is state


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.REFUSED])
def test_what_is_settled_stays_settled(state: State) -> None:
    settled = message(state)
    for step in (settled.take, settled.sent, settled.lost, settled.refused, settled.postponed):
        with pytest.raises(WrongState):
            step(NOON)
    assert settled.happened == []
