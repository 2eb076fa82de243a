# SPDX-License-Identifier: EUPL-1.2
"""The platform: real parts, helpers and services as children of this process, in the right order."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from mash_tools.children import Child
from mash_tools.parts import Kafka, Keycloak, Postgres
from mash_tools.platform import approvals, environment, noted, reporting, versions
from mash_tools.platform.cities import chosen
from mash_tools.platform.environment import Places
from mash_tools.platform.folder import REALMS, DataFolder
from mash_tools.platform.kept import Kept, Program, Runnable
from mash_tools.platform.modules import GATEWAY, Module, services
from mash_tools.ports import answers, is_free
from mash_tools.problems import LauncherError, PartError
from mash_tools.realms import Access, Report, note, provision
from mash_tools.realms.access import find

KEYCLOAK_OFFSET = 180
DATABASE = "mash"
MIGRATE_SECONDS = 600.0
SERVICES = "services"
"""The name of the one process that holds all services."""

Say = Callable[[str, str], None]
"""Tells who does what: a part's name and a message."""


class Platform:
    """Everything `./mash up` runs. `start()` returns when login works; `public` is set when pages answer.

    Names for `kill`, `start_again` and `logs`: postgres, kafka, keycloak, traces, mail, the simulators
    (environment.SIMULATORS), lorawan once devices report, and `services`, or with `processes` each service
    by its name.
    """

    def __init__(
        self,
        data: Path,
        port: int = 8000,
        *,
        processes: bool = False,
        cities: Sequence[str] = (),
        source: Path = Path("cities"),
        kern: Path | None = None,
        environ: Mapping[str, str] | None = None,
        say: Say = lambda _who, _what: None,
    ) -> None:
        self.folder = DataFolder(data)
        self.port = port
        self.processes = processes
        self.public = asyncio.Event()
        self._names, self._source = cities, source
        self._environ = dict(environ or {})
        self._kern = kern
        self._say = say
        self._kept: dict[str, Kept] = {}

    @property
    def url(self) -> str:
        """Where people reach the portal."""
        return f"http://localhost:{self.port}"

    @property
    def places(self) -> Places:
        """Where everything is; complete once `start()` returned."""
        return self._places

    @property
    def modules(self) -> Sequence[Module]:
        return self._modules

    def pid(self, name: str) -> int | None:
        """The process of that name, for those who measure or signal it."""
        return self._kept[name].what.pid

    def log(self, name: str) -> Path:
        """The file `name` logs to."""
        return self._kept[name].what.log

    def logs(self, name: str) -> str:
        """What `name` has logged in this data folder so far."""
        return self.log(name).read_text(errors="replace")

    async def kill(self, name: str) -> None:
        """End it by SIGKILL; it stays dead until `start_again`."""
        await self._kept[name].hold()

    async def start_again(self, name: str) -> None:
        """Start what was killed or stopped and wait until it answers."""
        await self._kept[name].start()

    async def stop_one(self, name: str) -> None:
        """End it cleanly, as a rolling update would; it stays down until `start_again`."""
        await self._kept[name].stop()

    async def start(self) -> None:
        """Start everything. Raises LauncherError, having stopped what had started."""
        self.folder.open()
        try:
            self._prepare()
            await self._start()
        except BaseException:
            await self.stop()
            raise

    def _prepare(self) -> None:
        given = os.environ.get("MASH_KEYCLOAK")
        ports = {"the portal": self.port} | ({} if given else {"Keycloak": self.port + KEYCLOAK_OFFSET})
        for whose, port in ports.items():
            if not is_free(port):
                raise LauncherError(
                    f"Port {port} for {whose} is in use; end what listens there or name another with --port."
                )
        self._modules = services()
        port_of = self.folder.port
        self._places = Places(
            public_url=self.url,
            cities=chosen(
                self._source, self._names, self.folder.path / "cities", lambda what: self._say("cities", what)
            ),
            gateway_port=self.port,
            keycloak=given or f"http://localhost:{self.port + KEYCLOAK_OFFSET}",
            kern=self._kern,
            traces_port=port_of("traces"),
            mail_smtp_port=port_of("mail-smtp"),
            mail_http_port=port_of("mail-http"),
            mqtt_port=port_of("mqtt"),
            simulator_ports={name: port_of(name) for name in environment.SIMULATORS},
        )
        for module in self._modules:
            name = module.manifest.name
            http = self.port if name == GATEWAY else port_of(f"{name}-http")
            self._places.doors[name] = (http, port_of(f"{name}-grpc"))
        approvals.keep(self.folder, self._modules)

    async def _start(self) -> None:
        database = asyncio.Event()
        async with _together() as begin:
            begin(self._postgres(database))
            broker = begin(self._kafka())
            begin(self._helpers())
            login = begin(self._keycloak(database))
            await database.wait()
            await self._migrate()
            # They start beside Kafka and wait for it by themselves: most of it is reading their code.
            await asyncio.gather(self._services(), broker)
            noted.note(self.folder, self._places)
            self.public.set()
            await login

    async def _postgres(self, done: asyncio.Event) -> None:
        given = os.environ.get("MASH_POSTGRES")
        if given:
            self._say("postgres", "the one named by MASH_POSTGRES")
            self._places.postgres = given
        else:
            part = Postgres(self.folder.path / "postgres", self.folder.port("postgres"))
            await part.prepare(lambda what: self._say("postgres", what))
            await self._keep(part)
            self._places.postgres = await _database(part.dsn(), DATABASE, part.dsn(DATABASE))
        done.set()

    async def _kafka(self) -> None:
        given = os.environ.get("MASH_KAFKA")
        if given:
            self._say("kafka", "the one named by MASH_KAFKA")
            self._places.kafka = given
            return
        part = Kafka(self.folder.path / "kafka", self.folder.port("kafka"))
        self._places.kafka = part.bootstrap
        await part.prepare(lambda what: self._say("kafka", what))
        await self._keep(part)

    async def _keycloak(self, database: asyncio.Event) -> None:
        given = os.environ.get("MASH_KEYCLOAK")
        if given:
            self._say("keycloak", "the one named by MASH_KEYCLOAK")
            await self._realms(find(self.folder.path))
            return
        part = Keycloak(self.folder.path / "keycloak", self.port + KEYCLOAK_OFFSET)
        await part.prepare(lambda what: self._say("keycloak", what))
        await database.wait()
        part.postgres = self._places.postgres
        await self._keep(part)
        user, password = part.admin
        access = Access(part.url, user, password, self.url)
        note(self.folder.path, access)
        await self._realms(access)

    async def _realms(self, access: Access) -> None:
        began = time.monotonic()
        report = await asyncio.to_thread(self._provision, access)
        made = "made or changed" if report.changed else "as they should be"
        self._say("keycloak", f"realms are {made} ({time.monotonic() - began:.1f} s)")

    def _provision(self, access: Access) -> Report:
        with self.folder.turn(REALMS):
            return provision(
                access.url,
                access.user,
                access.password,
                self._places.cities,
                self.url,
                {name: {"keys": [key]} for name, key in approvals.keys(self.folder).items()},
                demo=True,
                modules=approvals.modules(self.folder),
            )

    async def _helpers(self) -> None:
        places, data = self._places, self.folder.path
        await asyncio.gather(
            self._helper(
                "traces",
                "mash_tools.traces",
                *("--listen", f"127.0.0.1:{places.traces_port}"),
                *("--data", data / "traces.sqlite"),
                port=places.traces_port,
            ),
            self._helper(
                "mail",
                "mash_tools.mail",
                *("--smtp", f"127.0.0.1:{places.mail_smtp_port}"),
                *("--http", f"127.0.0.1:{places.mail_http_port}"),
                *("--data", data / "mail"),
                port=places.mail_http_port,
            ),
            *(
                self._helper(
                    name,
                    f"mash_simulators.{name}",
                    *("--listen", f"127.0.0.1:{port}"),
                    *("--data", data / f"{name}.journal"),
                    *("--origin", places.simulator(name)),
                    *environment.simulator_secrets(name, self.folder),
                    port=port,
                )
                for name, port in places.simulator_ports.items()
            ),
        )

    async def _migrate(self) -> None:
        # A warm start need not ask again: these migrations have run on this folder's own database.
        version = versions.of(self._modules)
        own = not os.environ.get("MASH_POSTGRES")
        if own and self.folder.noted("schemas") == version:
            self._say("postgres", "schemas are at this version")
            return
        log = self.folder.log("migrate")
        env = self._environment(self._modules) | environment.admin(self._places)
        command = [sys.executable, "-m", "mash_tools.serve", "--migrate"]
        child = Child("migrate", command, log=log, env=env)
        child.start()
        try:
            await child.ended(within=MIGRATE_SECONDS)
        finally:
            child.kill()
        if child.exit_code != 0:
            raise PartError("migrate", "could not bring the schemas to this version", log)
        if own:
            self.folder.note("schemas", version)
        self._say("postgres", "schemas are at this version")

    async def _services(self) -> None:
        if self.processes:
            for module in self._modules:
                self.folder.key_file(module.manifest.name)
            await asyncio.gather(*(self._service(m.manifest.name, [m], m.package) for m in self._modules))
        else:
            await self._service(SERVICES, self._modules, "mash_tools.serve")

    async def _service(self, name: str, modules: Sequence[Module], package: str) -> None:
        arguments = [package] if name == SERVICES else [package, "serve"]
        ports = [self._places.doors[module.manifest.name][0] for module in modules]

        async def healthy() -> bool:
            return all([await _healthy(port) for port in ports])

        child = Child(
            name,
            [sys.executable, "-m", *arguments],
            log=self.folder.log(name),
            env=self._environment(modules),
        )
        await self._keep(Program(child, healthy))

    async def report(self) -> None:
        """Let the cities' demo devices report, once login works. Raises LauncherError if they cannot."""
        webhooks = await reporting.webhooks(self._places, self.folder)
        if not webhooks:
            return
        told = self.folder.write("webhooks.json", webhooks)
        command = [sys.executable, "-m", "mash_simulators.lorawan", "--webhooks", str(told)]
        child = Child(
            "lorawan", command, log=self.folder.log("lorawan"), env=environment.own() | self._environ
        )

        async def runs() -> bool:
            return child.running

        await self._keep(Program(child, runs))

    async def _helper(self, name: str, package: str, *arguments: str | Path, port: int) -> None:
        child = Child(
            name,
            [sys.executable, "-m", package, *arguments],
            log=self.folder.log(name),
            env=environment.own() | self._environ,
        )
        await self._keep(Program(child, lambda: answers(port)))

    def _environment(self, modules: Sequence[Module]) -> dict[str, str]:
        told = environment.own() | environment.common(self._places)
        for module in modules:
            told |= environment.of(module, self._places, self.folder)
        return told | self._environ

    async def _keep(self, what: Runnable) -> None:
        began = time.monotonic()
        kept = Kept(what, lambda message: self._say(what.name, message))
        self._kept[what.name] = kept
        await kept.start()
        self._say(what.name, f"ready ({time.monotonic() - began:.1f} s)")

    async def stop(self) -> None:
        """End everything cleanly, the newest first: services, then helpers, then parts. Data stays."""
        noted.forget(self.folder)
        parts = ("keycloak", "kafka", "postgres")
        await self._end(*(name for name in self._kept if name not in parts))
        await self._end("keycloak", "kafka")
        await self._end("postgres")
        self.folder.close()

    async def _end(self, *names: str) -> None:
        running = [self._kept[name].stop() for name in names if name in self._kept]
        for failed in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(failed, Exception):
                self._say("mash", f"could not end one cleanly: {failed}")


Begin = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


@asynccontextmanager
async def _together() -> AsyncIterator[Begin]:
    """A task group that raises what failed first, not a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group.create_task
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _database(server: str, name: str, there: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return there


async def _healthy(port: int) -> bool:
    if not await answers(port):
        return False
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            answer = await http.get(f"http://127.0.0.1:{port}/healthz")
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
