# SPDX-License-Identifier: EUPL-1.2
"""What is measured on: real PostgreSQL and Kafka, and services as processes of their own."""

import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from mash_sdk.migrations.migrate import migrate
from mash_sdk.settings import Settings
from mash_tools.bench.machine import processor_seconds
from mash_tools.children import Child
from mash_tools.parts import Kafka, Postgres
from mash_tools.platform import environment
from mash_tools.platform.environment import Places
from mash_tools.platform.folder import DataFolder
from mash_tools.platform.modules import Module, installed
from mash_tools.problems import LauncherError, PartError
from mash_tools.progress import Progress

DATABASE = "mash"
NOBODY = "http://127.0.0.1:9"
"""For what the measured path does not call."""
READY_WITHIN = 60.0
# PostgreSQL notes when each transaction committed: read afterwards, it disturbs nothing that is measured.
COMMIT_TIMES = "track_commit_timestamp = on\n"


@dataclass(frozen=True, slots=True)
class Stand:
    """The parts and services that run."""

    postgres: Postgres
    kafka: Kafka
    environments: Mapping[str, Mapping[str, str]]
    children: Mapping[str, Child]

    @property
    def dsn(self) -> str:
        """The administrator's, in the services' database."""
        return self.postgres.dsn(DATABASE)

    def settings(self, service: str) -> Settings:
        """What a service was told of the platform, as the SDK reads it."""
        return Settings.load(service, self.environments[service])

    def must_run(self) -> None:
        """Raise PartError if a service ended meanwhile: what was measured then means nothing."""
        for name, child in self.children.items():
            if not child.running:
                raise PartError(name, f"ended with code {child.exit_code} while it was measured", child.log)

    def processor(self) -> dict[str, float]:
        """Seconds of the processor used so far, by process."""
        pids = {"PostgreSQL": self.postgres.pid, "Kafka": self.kafka.pid}
        pids |= {name: child.pid for name, child in self.children.items()}
        return {name: processor_seconds(pid) for name, pid in pids.items() if pid is not None}


@asynccontextmanager
async def stand(
    services: Sequence[str], cities: Path, say: Progress, *, keycloak: str = NOBODY
) -> AsyncIterator[Stand]:
    """Start the parts and the services; stop and forget all at the end. Raises LauncherError.

    `keycloak` is where services ask for the keys that tokens are signed with.
    """
    modules = {module.names.folder: module for module in installed()}
    if missing := set(services) - modules.keys():
        raise LauncherError(f"{', '.join(sorted(missing))} is not installed; run ./mash doctor.")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-bench-")))
        # A PostgreSQL that does not run as root must be able to enter.
        folder.chmod(0o755)  # noqa: ASYNC240 — nothing else runs yet
        say("starting PostgreSQL and Kafka")
        postgres = Postgres(folder / "postgres")
        await postgres.prepare()
        with (postgres.cluster / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(COMMIT_TIMES)
        await stack.enter_async_context(postgres)
        kafka = await stack.enter_async_context(Kafka(folder / "kafka"))
        await _create_database(postgres)
        data = DataFolder(folder / "data")
        data.open()
        stack.callback(data.close)
        places = Places(
            public_url="http://localhost:8000",
            cities=cities,
            gateway_port=8000,
            keycloak=keycloak,
            postgres=postgres.dsn(DATABASE),
            kafka=kafka.bootstrap,
            doors={name: (data.port(f"{name}-http"), data.port(f"{name}-grpc")) for name in modules},
            # Nobody pays here: payments is told where the providers would be, and none is there.
            simulator_ports={name: data.port(name) for name in environment.SIMULATORS},
            mqtt_port=data.port("mqtt"),
        )
        told = {name: _told(modules[name], places, data) for name in services}
        running = Stand(
            postgres, kafka, told, {name: _child(modules[name], told[name], data) for name in services}
        )
        for name in services:
            say(f"starting {name}")
            owner = running.settings(name).model_copy(update={"postgres_admin": places.postgres})
            await migrate(modules[name].package, owner)
            running.children[name].start()
            stack.push_async_callback(running.children[name].stop)
        for name in services:
            await running.children[name].until(_ready(places.doors[name][0]), READY_WITHIN)
        yield running


async def _create_database(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()


def _told(module: Module, places: Places, data: DataFolder) -> dict[str, str]:
    told = environment.own() | environment.common(places) | environment.of(module, places, data)
    # Spans are made as always; where they go to is not on the measured path.
    told.pop("MASH_OTLP", None)
    return told


def _child(module: Module, told: Mapping[str, str], data: DataFolder) -> Child:
    name = module.names.folder
    return Child(name, [sys.executable, "-m", module.package, "serve"], log=data.log(name), env=told)


def _ready(port: int) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                answer = await client.get(f"http://127.0.0.1:{port}/readyz")
                return bool(answer.json()["status"] == "ready")
        except (httpx.HTTPError, ValueError):
            return False

    return ready
