# SPDX-License-Identifier: EUPL-1.2
"""A clock that goes back keeps nothing waiting or remembered for as long as it went."""

from datetime import timedelta
from uuid import UUID

import pytest

from mash_sdk.ids import id_of, parse_id
from mash_sdk.kafka.broker import Partition
from mash_sdk.kafka.gate import FIRST_KNOCK, Gate, Stopped
from mash_sdk.kafka.subscriptions import Limit
from mash_sdk.recent import Recent
from mash_sdk.testing.clock import START, FakeClock


def test_what_is_remembered_ends() -> None:
    recent: Recent[str, str] = Recent(10)
    assert recent.get("key", 1_000_000) is None
    recent.put("key", "who", 1_000_005)
    assert recent.get("key", 1_000_004) == "who"
    assert recent.get("key", 1_000_003.5) == "who"
    assert recent.get("key", 900_000) is None


@pytest.mark.parametrize("days", [0, 40, -40])
def test_a_stopped_consumer_knocks_again(days: float) -> None:
    clock, place = FakeClock(), Partition("topic", 0)
    gate = Gate(clock)
    with pytest.raises(Stopped):
        gate.bad(place, "kind", "1", Limit(in_a_row=1), "broken")
    assert not gate.enter(place)
    clock.jump(days=days)
    assert gate.enter(place) is (days != 0)
    gate.leave()
    clock.jump(days=-days)
    clock.forward(seconds=FIRST_KNOCK)
    assert gate.enter(place)


def test_an_id_of_a_moment_is_the_same_for_the_same_name() -> None:
    first = id_of(START, "a")
    assert first == id_of(START, "a") == parse_id(first)
    assert UUID(first).variant == UUID(int=8 << 60).variant
    assert len({id_of(START, "a"), id_of(START, "b"), id_of(START + timedelta(milliseconds=1), "a")}) == 3
    assert id_of(START, "b") < id_of(START + timedelta(milliseconds=1), "a")
