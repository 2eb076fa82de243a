# SPDX-License-Identifier: EUPL-1.2
"""What a platform on a cluster stands on, run on this machine at an address its pods reach: the three parts,
a mail server and the payment simulator. They begin empty.
"""

import secrets
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg

from mash_tools.children import Child
from mash_tools.parts import Kafka, Keycloak, Postgres
from mash_tools.ports import answers, free_port
from mash_tools.private import new_password
from mash_tools.progress import Progress

DATABASE: Final = "mash"
MIGRATOR: Final = "mash_admin"
"""Who migrates: no superuser, but may create roles and give them what it has itself."""
CLIENT: Final = "mash"


class Surroundings:
    """`async with Surroundings(folder, address, say)`: everything answers at `address`."""

    def __init__(self, folder: Path, address: str, say: Progress) -> None:
        self.address = address
        self.migrator_password = new_password()
        self.provider_secret = secrets.token_hex(16)
        self.postgres = Postgres(folder / "postgres", host=address, durable=False)
        self.kafka = Kafka(folder / "kafka", host=address)
        self.keycloak = Keycloak(folder / "keycloak", host=address)
        self.smtp, self.mail, self.provider = free_port(), free_port(), free_port()
        self._folder = folder
        self._say = say
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            for part in (self.postgres, self.kafka):
                await self._stack.enter_async_context(part)
                self._say(f"{part.name} answers at {self.address}:{part.port}")
            await self._roles()
            self.keycloak.postgres = self.postgres.dsn()
            await self._stack.enter_async_context(self.keycloak)
            self._say(f"keycloak answers at {self.keycloak.url}")
            await self._helper(
                "mail",
                "mash_tools.mail",
                *("--smtp", f"{self.address}:{self.smtp}", "--http", f"{self.address}:{self.mail}"),
                *("--data", self._folder / "mail"),
                port=self.smtp,
            )
            await self._helper(
                "xbezahldienste",
                "mash_simulators.xbezahldienste",
                *("--listen", f"{self.address}:{self.provider}", "--client-secret", self.provider_secret),
                port=self.provider,
            )
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def provider_url(self) -> str:
        """Of the payment simulator, for payments and for payers."""
        return f"http://{self.address}:{self.provider}"

    async def _roles(self) -> None:
        connection = await asyncpg.connect(self.postgres.dsn())
        try:
            rights = "LOGIN CREATEROLE BYPASSRLS"
            await connection.execute(f"CREATE ROLE {MIGRATOR} {rights} PASSWORD '{self.migrator_password}'")
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {MIGRATOR}")
        finally:
            await connection.close()

    async def _helper(self, name: str, package: str, *arguments: str | Path, port: int) -> None:
        command = [sys.executable, "-m", package, *arguments]
        child = Child(name, command, log=self._folder / f"{name}.log")
        self._stack.push_async_callback(child.stop)
        child.start()
        await child.until(lambda: answers(port, self.address), 60)
        self._say(f"{name} answers at {self.address}:{port}")
