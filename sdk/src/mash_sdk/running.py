# SPDX-License-Identifier: EUPL-1.2
"""A Program that runs: its doors open, its consumer and relay at work, until it is told to stop."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from mash_sdk.announcing import TOPIC, TOPIC_SETTINGS, Announcer, client_key
from mash_sdk.kafka import Broker, BrokerAway, Consumer, KafkaBroker, Outgoing, Topic
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.program import Program, Run
from mash_sdk.relay import Relay
from mash_sdk.rpc import serve_rpc
from mash_sdk.settings import address

log = logging.getLogger(__name__)

PARTS = ("http", "rpc", "consume", "relay", "runs")
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

    async def pause(self, seconds: float) -> bool:
        """Wait; True once it is time to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        return self.stop.is_set()

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
    program: Program, *, only: tuple[str, ...] = PARTS, broker: Broker | None = None
) -> AsyncIterator[Running]:
    """Open the doors and start the work; on leaving, stop in good order and close everything."""
    settings = program.settings
    stop = asyncio.Event()
    reached = broker or KafkaBroker(
        settings.kafka,
        program.name,
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
    )
    state = Running(program, reached, stop)
    tasks: list[asyncio.Task[None]] = []
    ends: list[Callable[[], Awaitable[object]]] = []

    def begin(name: str, run: Run) -> None:
        tasks.append(asyncio.create_task(state.kept(f"{program.name}: {name}", run), name=name))

    with program.telemetry.active():
        try:
            begin("topics", _topics)
            checks = {"kafka": _kafka_check(reached)}
            if "consume" in only and program.events is not None:
                consumer = Consumer(
                    program.events.bind(program.provides), program.database, reached, program.clock
                )
                checks["consumer"] = consumer.ready
                begin("consumer", lambda running: consumer.run(running.stop))
            if "relay" in only:
                relay = Relay(program.database, reached, program.clock)
                begin("relay", lambda running: relay.run(running.stop))
            if "rpc" in only and program.rpc:
                server = await serve_rpc(
                    program.rpc,
                    settings.grpc,
                    verifier=program.verifier,
                    database=program.database,
                    telemetry=program.telemetry,
                )
                state.grpc = server.address
                ends.append(lambda: server.stop(GRACE))
            if "http" in only:
                app: ASGIApp = program.asgi(checks)
                http = _Http(program.edge(app) if program.edge else app, settings.http, program.protocol)
                state.http = http.bound
                tasks.append(asyncio.create_task(http.serve(), name="http"))
                ends.append(http.stop)
                begin("announcer", _announcer)
            if "runs" in only:
                for run in program.runs:
                    begin(getattr(run, "__qualname__", "run"), run)
            yield state
        finally:
            stop.set()
            for end in ends:
                with suppress(Exception):
                    await end()
            _, late = await asyncio.wait(tasks, timeout=GRACE) if tasks else (set(), set())
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if broker is None:
                await reached.close()
            await program.close()


async def serve(program: Program, stop: asyncio.Event, only: tuple[str, ...] = PARTS) -> None:
    """Run a Program until `stop` is set."""
    async with running(program, only=only) as state:
        log.info("%s listens at http %s, grpc %s", program.name, state.http or "-", state.grpc or "-")
        await stop.wait()


async def _topics(state: Running) -> None:
    names = Names(state.program.name)
    topics = [Topic(names.events_topic), Topic(TOPIC, partitions=1, settings=TOPIC_SETTINGS)]
    if state.program.events is not None:
        topics.append(Topic(names.dlq_topic, partitions=1))
        topics += [Topic(topic) for topic in state.program.events.topics]
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

    origin = program.settings.origin or f"http://{state.http}"
    key = client_key(program.settings.client_key)
    await Announcer(program.manifest, origin, key, send, program.clock).run(state.stop)


def _kafka_check(broker: Broker) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        try:
            async with asyncio.timeout(2):
                await broker.ensure([])
        except TimeoutError:
            raise Unavailable("Kafka antwortet nicht.") from None

    return check


class _Http(uvicorn.Server):
    """uvicorn on a socket of our own, without its signal handlers: the process decides when to stop."""

    def __init__(self, app: ASGIApp, listen: str, protocol: type[asyncio.Protocol] | None = None) -> None:
        self._socket = _listen(listen)
        host, port = self._socket.getsockname()[:2]
        self.bound = f"{host}:{port}"
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol or "httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=int(GRACE),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._socket])

    async def stop(self) -> None:
        self.should_exit = True


def _listen(where: str) -> socket.socket:
    host, port = address(where)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.set_inheritable(True)
    return listener
