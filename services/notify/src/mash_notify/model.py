# SPDX-License-Identifier: EUPL-1.2
"""Messages to people: whom they reach, what states they go through, and what happened to them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from google.protobuf.message import Message as Event
from google.protobuf.timestamp_pb2 import Timestamp

from mash.notify.v1.events_pb2 import MessageDeliveryUnknown, MessageRefused, MessageSent

EMAIL = "email"

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP = timedelta(days=4)
"""RFC 5321, 4.5.4.1: a message is tried for at least four days."""


class Kind(StrEnum):
    """What a message says. There is one of each kind about one thing to one person."""

    RECEIVED = "received"
    DECISION = "decision"
    QUESTION = "question"
    WRITTEN = "written"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Withdrawn, because nobody paid its fee in time."""
    PAYMENT_REMINDER = "payment-reminder"
    PAYMENT_OVERDUE = "payment-overdue"
    REFUNDED = "refunded"
    COSIGNATURE = "cosignature"
    ALERT_OPENED = "alert-opened"
    ALERT_RESOLVED = "alert-resolved"


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """The channel hung up without an answer: it may or may not have the message. Never repeated by itself."""
    REFUSED = "refused"


class WrongState(Exception):
    """The message is not in a state in which this can happen to it."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """How a person is reached about one thing. Lies under a random id, apart from all else."""

    id: str
    about: str
    subject: str
    """The person's random id at the identity provider."""
    name: str
    email: str
    language: str
    remembered_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """The words. Personal: they go as soon as it is settled what became of the message."""

    subject: str
    text: str
    html: str
    unsubscribe: str = ""
    """Where whoever gets it ends what brings it (RFC 8058); empty: it cannot be ended."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Someone wants to hear of a rule's alerts at one place."""

    id: str
    subject: str
    """The person's random id at the identity provider."""
    rule: str
    thing_id: str
    title: str
    """The rule as people read it, when it was subscribed to."""
    place: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in a person's mailbox in the portal."""

    id: str
    subject: str
    """Whose mailbox: the person's random id at the identity provider."""
    kind: Kind
    about: str
    title: str
    text: str
    path: str
    """Where one reads more, under the tenant's portal."""
    at: datetime
    read_at: datetime | None = None
    deleted_at: datetime | None = None


UNDO = timedelta(days=7)
"""How long a deleted entry can be brought back."""


@dataclass
class Message:
    """One message to one person on one channel.

    queued → sending → sent | refused | unknown, or queued again while nothing was handed over.
    """

    id: str
    about: str
    kind: Kind
    recipient: str
    contact_id: str
    letter: Letter | None
    queued_at: datetime
    due_at: datetime
    changed_at: datetime
    channel: str = EMAIL
    state: State = State.QUEUED
    attempts: int = 0
    handed_over: bool = False
    """Whether the channel was given the words in the running attempt: from then on it may have them."""
    happened: list[Event] = field(default_factory=list)

    def take(self, at: datetime) -> None:
        """An attempt begins."""
        self._become(State.SENDING, at, State.QUEUED)
        self.attempts += 1
        self.handed_over = False

    def sent(self, at: datetime) -> None:
        self._settle(State.SENT, at)
        self.happened.append(
            MessageSent(message_id=self.id, about=self.about, channel=self.channel, sent_at=_stamp(at))
        )

    def refused(self, at: datetime) -> None:
        self._settle(State.REFUSED, at)
        self.happened.append(
            MessageRefused(message_id=self.id, about=self.about, channel=self.channel, refused_at=_stamp(at))
        )

    def lost(self, at: datetime) -> None:
        """No answer came after the words were handed over."""
        self._settle(State.UNKNOWN, at)
        self.happened.append(
            MessageDeliveryUnknown(
                message_id=self.id, about=self.about, channel=self.channel, tried_at=_stamp(at)
            )
        )

    def postponed(self, at: datetime) -> None:
        """It is certain that nothing was sent: try again after a growing pause, and refuse it after days."""
        if at - self.queued_at >= GIVE_UP:
            self.refused(at)
            return
        self._become(State.QUEUED, at, State.SENDING)
        self.due_at = at + pause(self.attempts)

    def interrupted(self, at: datetime) -> None:
        """The process that was sending it is gone."""
        if self.handed_over:
            self.lost(at)
        else:
            self._become(State.QUEUED, at, State.SENDING)
            self.due_at = at

    def _settle(self, state: State, at: datetime) -> None:
        self._become(state, at, State.SENDING)
        self.letter = None

    def _become(self, state: State, at: datetime, before: State) -> None:
        if self.state is not before:
            raise WrongState(f"{state} needs {before}, but the message is {self.state}")
        self.state = state
        self.changed_at = at


def pause(attempts: int) -> timedelta:
    """How long to wait after the n-th attempt: 5 s, 15 s, 45 s … at most 4 h."""
    grown: timedelta = FIRST_PAUSE * 3 ** min(attempts - 1, 12)
    return min(grown, LONGEST_PAUSE)


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
