# SPDX-License-Identifier: EUPL-1.2
"""Keycloak on the wheel's Java runtime and an existing PostgreSQL; fetched and built once."""

import asyncio
import os
import shutil
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx

from mash_tools.children import Child, guarded
from mash_tools.parts import java
from mash_tools.parts.maven import Pinned, alone, cache_folder, fetch
from mash_tools.parts.part import Part
from mash_tools.ports import LOOPBACK, free_port
from mash_tools.private import kept
from mash_tools.problems import LauncherError, PartError
from mash_tools.progress import Progress, silent

VERSION = "26.4.7"
DISTRIBUTION = Pinned(
    "org.keycloak",
    "keycloak-quarkus-dist",
    VERSION,
    "tar.gz",
    "aca60ab72ae4d67adc6b8fe7fca5e08d16a6bb5e4a4f2ebb54050e3f5503fd2b",
)
HEAP = 256  # MB
# What is fixed when the distribution is built. Health is asked at the one port there is.
BUILD = ["--db=postgres", "--health-enabled=true", "--http-management-health-enabled=false"]
THREADS = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
# As bin/kc.sh gives them; the shell itself would only stand between us and the process.
JAVA_OPTIONS = [
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={THREADS}",
    "-XX:MaxMetaspaceSize=256m",
    "-Dfile.encoding=UTF-8",
    "-Dstdout.encoding=UTF-8",
    "-Dstderr.encoding=UTF-8",
    "-Djava.security.egd=file:/dev/urandom",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "-Duser.language=en",
    "-Duser.country=US",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
    "-Dquarkus-log-max-startup-records=10000",
]


class Keycloak(Part):
    """One Keycloak at http://localhost:`port`, its data in the database `database` of the given PostgreSQL.

    `host`: another address to listen on and be called by.

    `postgres` is a DSN that may create roles and databases. The port is part of each token's issuer: keep it.
    """

    name = "keycloak"
    stop_seconds = 40

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        postgres: str = "",
        *,
        host: str = LOOPBACK,
        database: str = "keycloak",
        cache: Path | None = None,
    ) -> None:
        super().__init__(folder, port, host)
        self.postgres = postgres
        self.database = database
        self.cache = cache or cache_folder()
        self._home = self.cache / f"keycloak-{VERSION}"
        self._classes = java.LearnedClasses(f"keycloak-{VERSION}", self.cache)

    @property
    def url(self) -> str:
        """The base URL; the issuer of a realm is {url}/realms/{realm}."""
        return f"http://{'localhost' if self.host == LOOPBACK else self.host}:{self.port}"

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of the bootstrap administrator; the password is kept in the folder."""
        return "admin", kept(self.folder / "admin-password")

    async def prepare(self, progress: Progress = silent) -> None:
        """Fetch and build the distribution, once for this machine. Needs no database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._classes.prepare)
        if self._home.exists():
            return
        (archive,) = await fetch("Keycloak", [DISTRIBUTION], self.cache, progress)
        async with alone(self.cache / "keycloak.lock", progress):
            if not self._home.exists():
                await asyncio.to_thread(self._build, archive, progress)

    def _build(self, archive: Path, progress: Progress) -> None:
        progress("unpacking Keycloak")
        fresh = self.cache / "keycloak.new"
        shutil.rmtree(fresh, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12's Python lacks it
            tar.extractall(fresh)  # noqa: S202 — its SHA-256 is ours
        (home,) = fresh.iterdir()
        progress("building Keycloak for PostgreSQL, once")
        command = guarded(self._java(home, [], "build", *BUILD))
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise PartError(self.name, "could not be built", self.log)
        home.rename(self._home)
        fresh.rmdir()

    async def start(self) -> None:
        """Start the server; makes its role and database where they are missing."""
        if not self.postgres:
            raise LauncherError("keycloak was given no PostgreSQL.")
        await self._own_database()
        if not self.port:
            self.port = free_port()
        server = urlsplit(self.postgres)
        user, password = self.admin
        secrets = {
            "KC_DB_PASSWORD": self._database_password,
            "KC_BOOTSTRAP_ADMIN_USERNAME": user,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
        }
        arguments = [
            "--optimized",
            "--http-enabled=true",
            f"--http-host={self.host}",
            f"--http-port={self.port}",
            f"--hostname={self.url}",
            "--cache=local",
            f"--db-url=jdbc:postgresql://{server.hostname}:{server.port or 5432}/{self.database}",
            f"--db-username={self.database}",
            "--db-pool-max-size=20",
            "--log-level=warn",
        ]
        command = self._java(self._home, self._classes.options(), "start", *arguments)
        env = {**_without_keycloak(), **secrets}
        self._child = Child(self.name, command, log=self.log, env=env, cwd=self.folder)
        self._child.start()
        # Public pages come first: until then login takes what they leave of the processor.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._child.pid or 0, 5)

    async def ready(self, within: float = 120.0) -> None:
        """Wait until it says it is ready. Raises PartError with its log's end."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:

            async def healthy() -> bool:
                try:
                    answer = await http.get(f"http://{self.host}:{self.port}/health/ready")
                except httpx.HTTPError:
                    return False
                return answer.status_code == httpx.codes.OK

            await self._started.until(healthy, within)

    async def stop(self) -> None:
        """End it cleanly; the first run takes some seconds more, in which it keeps what it learnt."""
        await super().stop()
        self._classes.keep()

    def _java(self, home: Path, archives: list[str], *arguments: str) -> list[str | Path]:
        places = [f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home / 'conf'}"]
        options = [*java.small(HEAP), *archives, *JAVA_OPTIONS, *places]
        jar = home / "lib" / "quarkus-run.jar"
        main = "io.quarkus.bootstrap.runner.QuarkusEntryPoint"
        return [java.JAVA, *options, "-cp", jar, main, *arguments]

    @property
    def _database_password(self) -> str:
        return kept(self.folder / "database-password")

    async def _own_database(self) -> None:
        name = self.database
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no name for a database")
        connection = await asyncpg.connect(self.postgres)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
                await connection.execute(f'CREATE ROLE "{name}" LOGIN')
            await connection.execute(f"ALTER ROLE \"{name}\" PASSWORD '{self._database_password}'")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
        finally:
            await connection.close()


def _without_keycloak() -> dict[str, str]:
    """The environment without what a person set for another Keycloak or Java."""
    foreign = ("KC_", "QUARKUS_", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
