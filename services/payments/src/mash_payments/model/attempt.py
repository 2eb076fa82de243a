# SPDX-License-Identifier: EUPL-1.2
"""One transaction at a provider, and when it is looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mash_payments.model.states import AttemptState, Flag, Money

# An attempt without an answer that is younger than this may still be on its way to the provider.
ON_ITS_WAY = timedelta(seconds=20)
# So long a provider knows a request by its key, and answers it again instead of doing it twice: PayPal says
# six hours (Orders v2, PayPal-Request-Id), Stripe a day.
KEYS_HOLD = timedelta(hours=5)
# An open attempt is looked at again after half its age, within these bounds: quick at first, and without an
# end, so that no settlement is ever lost.
SOONEST, LATEST = timedelta(seconds=10), timedelta(days=1)
# Looks after the end: a provider that changes its mind about a failed payment must not keep the money.
AFTERLOOKS = tuple(timedelta(seconds=s) for s in (600, 3600, 86400))
# A provider that forgot a transaction may find it again, for example in a backup.
FORGOTTEN_LOOKS = (*AFTERLOOKS, timedelta(days=7), timedelta(days=30))


@dataclass(slots=True)
class Attempt:
    """One transaction at a provider. Its id is the request's id there and is never used twice."""

    id: str
    provider: str
    started_at: datetime
    state: AttemptState = AttemptState.UNKNOWN
    transaction_id: str | None = None
    redirect_url: str | None = None
    next_look_at: datetime | None = None
    ended_at: datetime | None = None
    paid: Money | None = None
    method: str = ""
    flag: Flag | None = None
    # The provider no longer knew the transaction while it was open.
    forgotten: bool = False
    # The payer went on with another method: still looked at, never offered again.
    left: bool = False
    # The method the payer chose here, as in payments.toml; `method` is what the provider says was used.
    chosen: str = ""
    # The trace in which the payer started it: later looks are linked to it.
    trace: str = ""

    @property
    def may_be_paid(self) -> bool:
        """Whether a payer may be paying here."""
        return self.state is AttemptState.INITIAL or (
            self.state is AttemptState.UNKNOWN and self.ended_at is None
        )

    def begun(self, transaction_id: str, redirect_url: str, now: datetime) -> None:
        """The provider answered: from now on the transaction can be looked at."""
        if self.state is AttemptState.UNKNOWN:
            self.state = AttemptState.INITIAL
            self.transaction_id = transaction_id
            self.redirect_url = redirect_url
            self.next_look_at = now + SOONEST

    def lost(self, now: datetime) -> None:
        """No answer will come any more. Nobody learnt the address to pay at, so nothing can be paid here."""
        if self.state is AttemptState.UNKNOWN:
            self.ended_at = now
            self.next_look_at = now + SOONEST

    def silent(self, now: datetime) -> bool:
        """Tell whether its answer is missing, and will not come by itself any more."""
        late = now - self.started_at >= ON_ITS_WAY
        return self.state is AttemptState.UNKNOWN and (self.ended_at is not None or late)

    def found(self, transaction_id: str, now: datetime) -> None:
        """The provider was asked once more and names the transaction: it is ended there, never offered."""
        if self.state is AttemptState.UNKNOWN:
            self.state, self.ended_at, self.left = AttemptState.INITIAL, None, True
            self.transaction_id = transaction_id
            self.next_look_at = now + SOONEST

    def stays_unknown(self, now: datetime) -> None:
        """Nobody can tell any more whether the provider has it. Where to pay it nobody ever learnt."""
        if self.state is AttemptState.UNKNOWN:
            self.ended_at = self.ended_at or now
            self.next_look_at = None

    def refused(self, now: datetime) -> None:
        """The provider took no order: nothing can be paid here."""
        self.state = AttemptState.FAILED
        self.ended_at = now
        self.next_look_at = None

    def looked(self, now: datetime) -> None:
        """Plan the next look; pauses grow."""
        if self.state is AttemptState.INITIAL:
            self.next_look_at = now + min(max((now - self.started_at) / 2, SOONEST), LATEST)
        elif self.state in {AttemptState.CANCELED, AttemptState.FAILED} and self.ended_at is not None:
            looks = FORGOTTEN_LOOKS if self.forgotten else AFTERLOOKS
            coming = (self.ended_at + pause for pause in looks)
            self.next_look_at = next((at for at in coming if at > now), None)
        else:
            self.next_look_at = None

    def unanswered(self, now: datetime) -> None:
        """The provider was asked and said nothing: the look is still owed, after a pause that grows."""
        if self.state is AttemptState.UNKNOWN and now - self.started_at >= KEYS_HOLD:
            self.stays_unknown(now)
        elif self.next_look_at is not None:
            self.next_look_at = now + min(
                max((now - (self.ended_at or self.started_at)) / 2, SOONEST), LATEST
            )
