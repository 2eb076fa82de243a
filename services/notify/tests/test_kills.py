# SPDX-License-Identifier: EUPL-1.2
"""A sender that dies or loses its turn in the middle: what was certain stays certain."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from mash.notify.v1.events_pb2 import MessageDeliveryUnknown, MessageSent
from mash_notify.gateways.senders import senders_of
from mash_notify.gateways.smtp import SmtpChannel
from mash_notify.service.sender import Sender, Superseded
from mash_notify.store.queue import QueueStore
from mash_sdk.testing import Bench


@dataclass
class Stalling:
    """A mail server that stops answering at one command, until it is let go."""

    at: str
    port: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                self.heard.append(line.partition(" ")[0])
                await self._wait(line)
                if line == "DATA":
                    writer.write(b"354 go\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    self.heard.append("words")
                    await self._wait("words")
                writer.write(b"250 ok\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _wait(self, line: str) -> None:
        if line.startswith(self.at):
            self.reached.set()
            await self.go_on.wait()


@asynccontextmanager
async def stalling(at: str) -> AsyncIterator[Stalling]:
    stall = Stalling(at)
    async with await asyncio.start_server(stall.converse, "127.0.0.1", 0) as server:
        stall.port = server.sockets[0].getsockname()[1]
        yield stall
        stall.go_on.set()


@asynccontextmanager
async def process(bench: Bench, smtp_port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """notify's background work as a process of its own, over the bench's database. Killed at the end."""
    settings = bench.program.settings.model_dump(exclude_none=True) | {
        "smtp": f"127.0.0.1:{smtp_port}",
        "kafka": "127.0.0.1:1",  # nothing is consumed or relayed
    }
    environ = {f"NOTIFY_{name.upper()}": str(value) for name, value in settings.items()}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mash_notify", "serve", "--only", "runs"),
        env=os.environ | environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def state(bench: Bench) -> str:
    async with bench.unit() as unit:
        return str(await unit.connection.scalar(text("select state from messages")))


async def queue_one(bench: Bench, happened: Any) -> None:
    await bench.deliver(happened("submitted", "a1"))
    await bench.deliver(happened("received", "a1"))


async def test_killed_before_the_words_it_is_sent_by_the_next(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await queue_one(bench, happened)
    async with stalling("RCPT") as stall, process(bench, stall.port) as killed:
        await asyncio.wait_for(stall.reached.wait(), 30)
        assert await state(bench) == "sending"
        killed.kill()
        await killed.wait()
    assert await state(bench) == "sending"
    async with sending(bench):
        await eventually(sink.received)
    assert (await state(bench), len(sink.received())) == ("sent", 1)
    await bench.settle()
    assert len(bench.announced(MessageSent)) == 1


async def test_killed_after_the_words_it_is_unknown_and_not_repeated(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    await queue_one(bench, happened)
    async with stalling("words") as stall, process(bench, stall.port) as killed:
        await asyncio.wait_for(stall.reached.wait(), 30)
        killed.kill()
        await killed.wait()

    async def unknown() -> bool:
        return await state(bench) == "unknown"

    async with sending(bench):
        await eventually(unknown)
        await asyncio.sleep(1.2)
    assert sink.received() == []
    await bench.settle()
    assert [event.about for event in bench.announced(MessageDeliveryUnknown)] == ["a1"]
    [event] = bench.envelopes(MessageDeliveryUnknown)
    recovered = bench.spans.one("notify.recover")
    assert format(recovered.context.trace_id, "032x") in event.traceparent
    assert len(recovered.links) == 1


async def test_a_process_that_is_told_to_stop_lets_a_mail_land(
    bench: Bench, happened: Any, eventually: Any
) -> None:
    await queue_one(bench, happened)

    async def sent() -> bool:
        return await state(bench) == "sent"

    async with stalling("words") as stall, process(bench, stall.port) as stopped:
        await asyncio.wait_for(stall.reached.wait(), 30)
        stopped.terminate()
        await asyncio.sleep(0.3)
        stall.go_on.set()
        await eventually(sent)
        assert await asyncio.wait_for(stopped.wait(), 15) == 0


async def test_who_lost_the_turn_sends_nothing_more(
    bench: Bench, happened: Any, sending: Any, eventually: Any
) -> None:
    await queue_one(bench, happened)

    async def sent() -> bool:
        return await state(bench) == "sent"

    async with stalling("RCPT") as first, stalling("RCPT") as second:
        with pytest.raises(Superseded):  # noqa: PT012 — it ends the run, whenever it is noticed
            async with sending(bench, sender_to(bench, first)) as lost:
                await asyncio.wait_for(first.reached.wait(), 10)
                await break_connection(bench)
                async with sending(bench, sender_to(bench, second)):
                    await asyncio.wait_for(second.reached.wait(), 10)
                    # Both hold the message in the middle of an attempt; only one of them may go on.
                    first.go_on.set()
                    await asyncio.wait([lost], timeout=10)
                    second.go_on.set()
                    await eventually(sent)
        assert "words" in second.heard
        assert "RCPT" in first.heard
        assert "DATA" not in first.heard


def sender_to(bench: Bench, server: Stalling) -> Sender:
    program = bench.program
    settings = program.settings.model_copy(update={"smtp": f"127.0.0.1:{server.port}"})
    return Sender(
        QueueStore(program.database), SmtpChannel(settings, senders_of(program.tenants)), bench.clock
    )


async def break_connection(bench: Bench) -> None:
    """The sender's own: PostgreSQL gives the turn to another, while it still waits for its mail server."""
    async with bench.program.database.worker_unit() as unit:
        broken = await unit.connection.scalars(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'mash notify sender' and datname = current_database()"
            )
        )
        assert broken.all() == [True]


async def test_one_sender_at_a_time_and_the_next_takes_over(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    program = bench.program
    second = Sender(
        QueueStore(program.database), SmtpChannel(program.settings, senders_of(program.tenants)), bench.clock
    )
    async with sending(bench, second):
        async with sending(bench):
            await bench.deliver(happened("submitted", "a1"))
            await bench.deliver(happened("received", "a1"))
            await eventually(lambda: len(sink.received()) == 1)
        await bench.deliver(happened("issued", "a1"))
        await eventually(lambda: len(sink.received()) == 2)
    assert len(sink.received()) == 2
