# SPDX-License-Identifier: EUPL-1.2
"""A Program that runs: its doors open, its consumer and relay at work, until it is told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.types import ASGIApp

from mash_sdk.announcing import TOPIC, TOPIC_SETTINGS, Announcer
from mash_sdk.client_key import client_key
from mash_sdk.http.app import Check
from mash_sdk.http.server import HttpServer
from mash_sdk.kafka import Broker, BrokerAway, Consumer, KafkaBroker, Outgoing, Stream, StreamConsumer, Topic
from mash_sdk.manifest import ManifestError
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.program import Program, Run
from mash_sdk.relay import Relay
from mash_sdk.rpc import serve_rpc
from mash_sdk.topics import topics_of

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds that what is under way gets to finish."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


class Running:
    """One Program at work. Background work gets it: what stops, and how the broker is reached."""

    def __init__(self, program: Program, broker: Broker, stop: asyncio.Event) -> None:
        self.program = program
        self.broker = broker
        self.stop = stop
        self.http = ""
        """Where the HTTP door listens, `host:port`; empty while it does not."""
        self.grpc = ""
        self.announced = asyncio.Event()
        """Gateways can know of it."""
        self.checks: dict[str, Check] = {"kafka": _kafka_check(broker)}
        self.tasks: list[asyncio.Task[None]] = []
        self.ends: list[Callable[[], Awaitable[object]]] = []

    def begin(self, name: str, run: Run) -> None:
        """Run background work until the stop, and again when it fails."""
        self.tasks.append(asyncio.create_task(self.kept(f"{self.program.name}: {name}", run), name=name))

    async def end(self) -> None:
        """Take nothing new, let what is under way finish within the grace, then cancel it."""
        self.stop.set()
        for end in self.ends:
            with suppress(Exception):
                await end()
        _, late = await asyncio.wait(self.tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def pause(self, seconds: float) -> bool:
        """Wait; True once it is time to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        return self.stop.is_set()

    async def until_stop(self, work: Coroutine[object, object, None]) -> None:
        """Await work that may wait for long; when it is time to stop, it is cancelled."""
        task, halted = asyncio.ensure_future(work), asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({task, halted}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            for one in (task, halted):
                one.cancel()
            await asyncio.gather(task, halted, return_exceptions=True)

    async def kept(self, name: str, run: Run) -> None:
        """Run background work until the stop; start it again, with growing pauses, when it raises."""
        pause = FIRST_PAUSE
        while not self.stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await run(self)
            except Exception:
                log.exception("%s failed and is started again", name)
                if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                    pause = FIRST_PAUSE
                await self.pause(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return


@asynccontextmanager
async def running(
    program: Program, *, only: Collection[str] = (), broker: Broker | None = None
) -> AsyncIterator[Running]:
    """Open the doors and start the work; on leaving, stop in good order and close everything.

    `only` names some of PARTS (none: all), for processes that are scaled apart. A `broker` that is given
    stays open. Raises ManifestError for a stream that module.toml does not declare, or another's it writes.
    """
    settings = program.settings
    if faults := program.stream_faults():
        raise ManifestError(f"{program.name}: {'; '.join(faults)}")
    reached = broker or KafkaBroker(
        settings.kafka,
        program.name,
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
    )
    state = Running(program, reached, asyncio.Event())
    for outlet in program.outlets:
        outlet.connect(reached)
    with program.telemetry.active():
        try:
            state.begin("topics", _topics)
            if program.publishes is not None:
                # Whichever part changes something: it is published by its own process.
                state.begin("publishing", program.publishes.run)
            for part, start in STARTS.items():
                if part in (only or PARTS):
                    await start(state)
            yield state
        finally:
            await state.end()
            if broker is None:
                await reached.close()
            await program.close()


async def _consume(state: Running) -> None:
    program = state.program
    if program.events is not None:
        bound = program.events.bind(program.provides)
        consumer = Consumer(bound, program.database, state.broker, program.clock)
        state.checks["consumer"] = consumer.ready
        state.begin("consumer", lambda running: consumer.run(running.stop))
    for stream in program.streams:
        _consume_stream(state, stream)


def _consume_stream(state: Running, stream: Stream[Any]) -> None:
    program = state.program
    reader = StreamConsumer(stream.bind(program.provides), program.database, state.broker, program.clock)
    state.checks[stream.consumer_group] = reader.ready
    state.begin(stream.consumer_group, lambda running: reader.run(running.stop))


async def _relay(state: Running) -> None:
    program = state.program
    topics = topics_of(program.manifest)
    relay = Relay(program.database, state.broker, program.clock, topics=topics)
    state.checks["relay"] = relay.ready
    state.begin("relay", lambda running: relay.run(running.stop))


async def _rpc(state: Running) -> None:
    program = state.program
    if program.rpc:
        server = await serve_rpc(
            program.rpc,
            program.settings.grpc,
            verifier=program.verifier,
            database=program.database,
            telemetry=program.telemetry,
        )
        state.grpc = server.address
        state.ends.append(lambda: server.stop(GRACE))


async def _http(state: Running) -> None:
    program = state.program
    state.checks["announced"] = _announced_check(state)
    app: ASGIApp = program.asgi(state.checks)
    server = HttpServer(
        program.edge(app) if program.edge else app, program.settings.http, program.protocol, GRACE
    )
    state.http = server.bound
    state.tasks.append(asyncio.create_task(server.serve(), name="http"))
    state.ends.append(server.stop)
    state.begin("announcer", _announcer)


async def _runs(state: Running) -> None:
    for run in state.program.runs:
        state.begin(getattr(run, "__qualname__", "run"), run)


STARTS = {"consume": _consume, "relay": _relay, "rpc": _rpc, "http": _http, "runs": _runs}
"""In this order: when the HTTP door opens, what it needs has begun."""
PARTS = tuple(STARTS)


async def serve(program: Program, stop: asyncio.Event, only: Collection[str] = ()) -> None:
    """Run a Program until `stop` is set."""
    async with running(program, only=only) as state:
        log.info("%s listens at http %s, grpc %s", program.name, state.http or "-", state.grpc or "-")
        await stop.wait()


async def _topics(state: Running) -> None:
    names = Names(state.program.name)
    topics = [Topic(names.events_topic), Topic(TOPIC, partitions=1, settings=TOPIC_SETTINGS)]
    topics += topics_of(state.program.manifest)
    if state.program.events is not None:
        topics += [Topic(topic) for topic in state.program.events.topics]
    streams = {one.topic for one in state.program.streams} | {one.topic for one in state.program.outlets}
    topics += [Topic(topic) for topic in sorted(streams)]
    if state.program.events is not None or state.program.streams:
        topics.append(Topic(names.dlq_topic, partitions=1))
    while not state.stop.is_set():
        try:
            await state.broker.ensure(topics)
        except BrokerAway:
            await state.pause(1)
        else:
            return


async def _announcer(state: Running) -> None:
    program = state.program

    async def send(topic: str, key: bytes, value: bytes | None) -> None:
        await state.broker.send([Outgoing(topic, key, value)])
        state.announced.set()

    await _topics(state)  # a topic made by sending to it would not be compacted
    origin = program.settings.origin or f"http://{state.http}"
    key = client_key(program.settings.client_key)
    await Announcer(program.manifest, origin, key, send, program.clock).run(state.stop)


def _announced_check(state: Running) -> Check:
    async def check() -> None:
        if not state.announced.is_set():
            raise Unavailable("Der Dienst hat sich noch nicht bekannt gemacht.")

    return check


def _kafka_check(broker: Broker) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        try:
            async with asyncio.timeout(2):
                await broker.ensure([])
        except TimeoutError:
            raise Unavailable("Kafka antwortet nicht.") from None

    return check
