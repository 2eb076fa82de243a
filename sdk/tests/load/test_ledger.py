# SPDX-License-Identifier: EUPL-1.2
"""What was acknowledged is there, once, and nothing else is: for any order of what happens."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mash_sdk.load.ledger import Ledger

NUMBERS = st.sets(st.sampled_from("abcdefgh"))


# How fast a busy machine is, is nobody's verdict.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acknowledged=NUMBERS, unanswered=NUMBERS, kept=NUMBERS, before=NUMBERS)
def test_whatever_an_unanswered_request_did_is_right(
    acknowledged: set[str], unanswered: set[str], kept: set[str], before: set[str]
) -> None:
    ledger = Ledger()
    for number in acknowledged | unanswered:
        ledger.sent("application", number)
    for number in acknowledged:
        assert ledger.acknowledged("application", number)
        assert not ledger.acknowledged("application", number)
    old = before - acknowledged - unanswered
    stored = acknowledged | (unanswered & kept) | old
    (verdict,) = ledger.compare({"application": sorted(stored)}, {"application": sorted(old)})
    assert verdict.holds
    assert (verdict.acknowledged, verdict.stored) == (len(acknowledged), len(stored - old))
    assert verdict.unanswered == len(unanswered - acknowledged)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acknowledged=NUMBERS, lost=NUMBERS, doubled=NUMBERS, foreign=st.sets(st.sampled_from("xyz")))
def test_what_is_missing_twice_or_nobodys_is_named(
    acknowledged: set[str], lost: set[str], doubled: set[str], foreign: set[str]
) -> None:
    ledger = Ledger()
    for number in acknowledged:
        ledger.sent("application", number)
        ledger.acknowledged("application", number)
    stored = acknowledged - lost
    twice = stored & doubled
    (verdict, *_) = ledger.compare({"application": [*stored, *twice, *foreign]}, {})
    assert set(verdict.lost) == acknowledged & lost
    assert set(verdict.doubled) == twice | foreign
    assert verdict.holds == (not acknowledged & lost and not twice and not foreign)


def test_nothing_is_told_of_what_was_stored_only() -> None:
    ledger = Ledger()
    ledger.sent("payment", "a")
    (verdict,) = ledger.compare({}, {})
    assert (verdict.kind, verdict.unanswered, verdict.stored, verdict.holds) == ("payment", 1, 0, True)
