# SPDX-License-Identifier: EUPL-1.2
"""What is published leaves with the unit that published it: in order, once, and only what is new."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationReceived
from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk import published
from mash_sdk.events import header_texts
from mash_sdk.kafka import BrokerAway, Topic
from mash_sdk.public import LARGEST, Document, NotPublic
from mash_sdk.publishing import Publishing
from mash_sdk.running import running
from mash_sdk.testing import Bench, MemoryBroker
from mash_sdk.testing.patience import until

NOTES = "/api/board/v1/notes"
FAIR = f"{NOTES}/fair"
TOPIC = "mash.board.public.v1"


def note(words: str, path: str = FAIR, **more: Any) -> Document:
    return Document(path, words.encode(), "text/plain", **more)


async def publish(bench: Bench, *documents: Document, tenant: str = "heidelberg") -> None:
    async with bench.unit(tenant) as unit:
        unit.publish(*documents)


async def withdraw(bench: Bench, *paths: str) -> None:
    async with bench.unit() as unit:
        unit.withdraw(*paths)


def words(bench: Bench) -> dict[str, str]:
    return {key: document.body.decode() for key, document in bench.public().items()}


def sent(bench: Bench) -> list[str | None]:
    """Everything on the topic, oldest first."""
    values = [record.value for record in bench.broker.records(TOPIC)]
    return [None if value is None else PublicDocument.FromString(value).body.decode() for value in values]


async def rows(bench: Bench, query: str) -> list[Any]:
    async with bench.program.database.worker_unit() as unit:
        return list((await unit.connection.execute(text(query))).all())


async def test_a_document_leaves_once_its_unit_commits(bench: Bench) -> None:
    async def fail() -> None:
        async with bench.unit() as unit:
            unit.publish(note("undone"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with bench.unit() as unit:
        unit.publish(note("discarded"))
        await unit.discard()
        unit.publish(note("first"), note("second"))
    await bench.settle()

    assert sent(bench) == ["second"]
    (document,) = bench.public().values()
    assert (document.tenant, document.path, document.media_type) == ("heidelberg", FAIR, "text/plain")
    assert document.published_at.ToDatetime(bench.clock.now().tzinfo) == bench.clock.now()
    assert not document.HasField("valid_until")
    (record,) = bench.broker.records(TOPIC)
    assert record.key == b"heidelberg" + FAIR.encode()
    headers = header_texts(record.headers)
    assert headers["ce_type"] == "mash.platform.v1.PublicDocument"
    assert headers["ce_source"] == "/mash/board"
    assert headers["ce_tenant"] == "heidelberg"


async def test_documents_leave_in_order_with_the_events_of_their_units(bench: Bench) -> None:
    order: list[str] = []

    class Watched(MemoryBroker):
        async def send(self, records: Any) -> None:
            order.extend(record.topic for record in records)
            await super().send(records)

    bench.relay._broker = Watched()
    for number in range(3):
        async with bench.unit() as unit:
            unit.announce(ApplicationReceived(application_id=f"a{number}"))
            unit.publish(note(str(number), f"{NOTES}/{number}"))
    await bench.relay.once()
    assert order == ["mash.forms.events.v1", TOPIC] * 3


async def test_what_has_not_changed_is_not_sent_again_for_an_hour(bench: Bench) -> None:
    for _ in range(3):
        await publish(bench, note("same"))
        await bench.settle()
    assert sent(bench) == ["same"]

    await publish(bench, note("other"))
    await bench.settle()
    await publish(bench, note("same"))
    await bench.settle()
    assert sent(bench) == ["same", "other", "same"]

    soon = bench.clock.now() + timedelta(minutes=5)
    for until_ in (soon, soon, soon + timedelta(seconds=1)):
        await publish(bench, note("same", valid_until=until_))
        await bench.settle()
    assert sent(bench)[3:] == ["same"] * 2

    bench.clock.forward(minutes=61)
    await publish(bench, note("same", valid_until=soon + timedelta(seconds=1)))
    await bench.settle()
    assert sent(bench)[5:] == ["same"]


async def test_what_waits_is_superseded_and_what_was_sent_does_not_pile_up(bench: Bench) -> None:
    bench.broker.away = True
    for number in range(20):
        await publish(bench, note(str(number)))
        with pytest.raises(BrokerAway):
            await bench.relay.once()
    bench.broker.away = False
    await bench.settle()
    assert sent(bench) == ["19"]
    for number in range(20, 40):
        await publish(bench, note(str(number)))
        await bench.settle()
    assert sent(bench)[1:] == [str(number) for number in range(20, 40)]
    assert len(await rows(bench, "select id from outbox")) == 1


async def test_what_is_withdrawn_is_a_tombstone_once(bench: Bench) -> None:
    await withdraw(bench, FAIR)
    await bench.settle()
    assert sent(bench) == []

    await publish(bench, note("a"), note("b", NOTES))
    await bench.settle()
    for _ in range(2):
        await withdraw(bench, FAIR)
        await bench.settle()
    assert sent(bench) == ["a", "b", None]
    assert words(bench) == {f"heidelberg{NOTES}": "b"}
    async with bench.unit() as unit:
        assert await unit.published() == {NOTES}

    await publish(bench, note("a"))
    await bench.settle()
    assert sent(bench)[3:] == ["a"]


async def test_what_has_become_too_large_is_withdrawn_instead_of_staying_old(bench: Bench) -> None:
    await publish(bench, note("small"))
    await bench.settle()
    await publish(bench, note("x" * LARGEST))
    await bench.settle()
    assert [len(what or "") for what in sent(bench)] == [5, LARGEST]
    await publish(bench, note("x" * (LARGEST + 1)))
    await bench.settle()
    assert sent(bench)[2:] == [None]


async def test_tenants_do_not_see_or_touch_one_another(bench: Bench) -> None:
    for tenant in ("heidelberg", "mannheim"):
        await publish(bench, note(tenant), tenant=tenant)
    await withdraw(bench, FAIR)
    await bench.settle()
    assert words(bench) == {f"mannheim{FAIR}": "mannheim"}
    async with bench.unit() as unit:
        assert await unit.published() == frozenset()
        seen = await unit.connection.scalar(text("select count(*) from published"))
        await unit.connection.execute(text("update published set digest = 'x'"))
        assert seen == 0
    assert [bytes(row.digest) for row in await rows(bench, "select digest from published")] != [b"x"]

    async def for_nobody() -> None:
        async with bench.program.database.worker_unit() as unit:
            unit.publish(note("whose?"))

    with pytest.raises(ValueError, match="belongs to a tenant"):
        await for_nobody()


@pytest.mark.parametrize("path", ["/api/board/v1/other", "/api/board/v1/notes/secret", "/api/forms/v1/forms"])
async def test_what_is_not_declared_public_is_not_published(bench: Bench, path: str) -> None:
    with pytest.raises(NotPublic, match=path):
        await publish(bench, note("x", path))
    await bench.settle()
    assert bench.public() == {}


async def test_of_two_who_publish_at_once_the_last_to_commit_is_last_on_the_topic(bench: Bench) -> None:
    async def waits() -> bool:
        return bool(await rows(bench, "select 1 from pg_locks where not granted"))

    async with bench.unit() as first:
        await published.write(
            first.driver, {FAIR: note("first")}, tenant="heidelberg", now=bench.clock.now(), schema="board"
        )
        second = asyncio.create_task(publish(bench, note("second")))
        await until(waits, "the second waits for the first", 20)
    await second
    await bench.settle()
    assert sent(bench) == ["first", "second"]


async def put(bench: Bench, tenant: str, name: str, what: str) -> None:
    async with bench.unit(tenant) as unit:
        assert bench.program.publishes is not None
        bench.program.publishes.changed(unit, tenant)
        await unit.connection.execute(
            text(
                "insert into notes (name, words) values (:name, :what)"
                " on conflict (tenant, name) do update set words = excluded.words"
            ),
            {"name": name, "what": what},
        )


async def test_everything_is_published_at_start_and_what_changed_soon_after(
    bench_of: Callable[..., Awaitable[Bench]], board_package: str
) -> None:
    bench = await bench_of(board_package)
    publishing = bench.program.publishes
    assert publishing is not None
    publishing._apart = 0.01
    await put(bench, "mannheim", "fair", "Maimarkt")

    async def knows(key: str, what: str | None) -> Any:
        async def look() -> bool:
            return words(bench).get(key) == what

        await until(look, f"{key} is {what}", 20)

    broker = bench.broker
    async with running(bench.program, only=["relay", "runs"], broker=broker):
        await knows(f"mannheim{FAIR}", "Maimarkt")
        await knows(f"heidelberg{NOTES}", "[]")
        await put(bench, "mannheim", "fair", "Maimarkt 2026")
        await knows(f"mannheim{FAIR}", "Maimarkt 2026")
        async with bench.unit("mannheim") as unit:
            publishing.changed(unit, "mannheim")
            await unit.connection.execute(text("delete from notes"))
        await knows(f"mannheim{FAIR}", None)
        await knows(f"mannheim{NOTES}", "[]")


async def test_a_tenant_that_fails_is_tried_again_and_does_not_stop_the_others(
    bench_of: Callable[..., Awaitable[Bench]], board_package: str
) -> None:
    bench = await bench_of(board_package)
    failures = 2

    async def flaky(unit: Any) -> None:
        nonlocal failures
        if unit.tenant == "heidelberg" and failures:
            failures -= 1
            raise RuntimeError("not now")
        unit.publish(note(unit.tenant))

    bench.program.publishes = Publishing(flaky, apart=0.01)
    async with running(bench.program, only=["relay", "runs"], broker=bench.broker):

        async def all_there() -> bool:
            return set(words(bench)) == {f"{tenant}{FAIR}" for tenant in bench.program.tenants}

        await until(all_there, "every tenant is published", 20)
    assert failures == 0


async def test_who_changes_often_does_not_keep_the_others_from_their_turn(
    bench_of: Callable[..., Awaitable[Bench]], board_package: str
) -> None:
    bench = await bench_of(board_package)
    calls: Counter[str] = Counter()

    async def count(unit: Any) -> None:
        calls[unit.tenant] += 1
        if unit.tenant == "heidelberg":
            publishing.changed(unit, "heidelberg")

    publishing = bench.program.publishes = Publishing(count, every=0.2, apart=0.01)
    async with running(bench.program, only=["relay", "runs"], broker=bench.broker):

        async def each_had_turns() -> bool:
            return all(calls[tenant] > 3 for tenant in bench.program.tenants)

        await until(each_had_turns, "every tenant has its turn", 20)


async def test_the_topic_is_made_compacted_before_anything_is_sent(bench: Bench) -> None:
    made: list[Topic] = []

    class Watched(MemoryBroker):
        async def ensure(self, topics: Any) -> None:
            made.extend(topics)
            await super().ensure(topics)

        async def send(self, records: Any) -> None:
            for record in records:
                assert record.topic in {topic.name for topic in made}, f"{record.topic} was made by sending"
            await super().send(records)

    broker = Watched()
    async with running(bench.program, only=["relay", "runs"], broker=broker):

        async def there() -> bool:
            return bool(broker.records(TOPIC))

        await until(there, "something is published", 20)
    (topic, *_) = [topic for topic in made if topic.name == TOPIC]
    assert topic.settings["cleanup.policy"] == "compact"
    assert topic.partitions == 1
