# SPDX-License-Identifier: EUPL-1.2
"""`./mash events replay`: dead messages of streams go back where they came from, once."""

from typing import Any

import pytest

from mash_sdk.kafka import Outgoing, Record
from mash_sdk.kafka.dead import REASON, REPLAYED, letter, place_of
from mash_sdk.testing import MemoryBroker
from mash_tools import events

TOPIC, DEAD = "mash.sensors.observations.v1", "sensors.dlq.v1"
KIND = ("ce_type", b"mash.sensors.v1.ObservationBatch")


class Kafka(MemoryBroker):
    async def topics(self) -> set[str]:
        return {DEAD}

    async def close(self) -> None:
        pass


async def bury(broker: MemoryBroker, offset: int, key: bytes, *headers: tuple[str, bytes]) -> None:
    came = Record(TOPIC, 2, offset, key, b"%d" % offset, headers)
    await broker.send([letter("sensors", came, reason="ValueError", attempts=9)])


async def again(broker: Any, key: str | None = None) -> int:
    return await events._send_again(broker, "sensors", key)


async def letters(broker: Any) -> list[Record]:
    return await events._letters(broker, DEAD)


async def test_dead_messages_come_back_once_as_they_were() -> None:
    broker = Kafka()
    await bury(broker, 4, b"a", KIND, ("ce_id", b"1"))
    await bury(broker, 7, b"b", KIND)
    assert await again(broker) == 2
    first, second = sorted(broker.records(TOPIC), key=lambda record: record.key or b"")
    assert (first.key, first.value, first.headers) == (b"a", b"4", (KIND, ("ce_id", b"1")))
    assert (second.key, second.value) == (b"b", b"7")
    assert await again(broker) == 0, "they were brought back"
    assert len(broker.records(TOPIC)) == 2


async def test_what_fails_again_is_dead_again() -> None:
    broker = Kafka()
    await bury(broker, 4, b"a", KIND)
    await again(broker)
    await bury(broker, 9, b"a", KIND)
    assert [place_of(one) for one in await letters(broker)] == [f"{TOPIC}/2@9"]
    assert await again(broker) == 1


async def test_a_letter_that_was_written_twice_is_one() -> None:
    broker = Kafka()
    await bury(broker, 4, b"a", KIND)
    await bury(broker, 4, b"a", KIND)
    assert await again(broker) == 1


async def test_only_streams_and_only_the_key_that_was_asked_for() -> None:
    broker = Kafka()
    await bury(broker, 1, b"a", ("ce_type", b"mash.forms.v1.ApplicationSubmitted"))
    await bury(broker, 2, b"a", KIND)
    await bury(broker, 3, b"b", KIND)
    assert await again(broker, "b") == 1
    assert [record.key for record in broker.records(TOPIC)] == [b"b"]
    shown = [events._letter(one) for one in await letters(broker)]
    assert len(shown) == 2
    assert "ValueError" in shown[0]


async def test_without_the_brokers_word_nothing_is_noted() -> None:
    broker = Kafka()
    await bury(broker, 1, b"a", KIND)
    plain = broker.send

    async def only_messages(records: list[Outgoing]) -> None:
        if any(name == REPLAYED for record in records for name, _ in record.headers):
            raise ConnectionError("cut off")
        await plain(records)

    broker.send = only_messages  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        await again(broker)
    broker.send = plain  # type: ignore[method-assign]
    assert len(broker.records(TOPIC)) == 1
    assert await again(broker) == 1, "sent again: its reader knows it by its id"
    assert not any(name == REASON for record in broker.records(TOPIC) for name, _ in record.headers)
