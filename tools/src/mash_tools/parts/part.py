# SPDX-License-Identifier: EUPL-1.2
"""A server in one child process, with a folder of its own: what PostgreSQL, Kafka and Keycloak share."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from mash_tools.children import Child
from mash_tools.ports import LOOPBACK
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress, silent


class Part(ABC):
    """Its data is in `folder` and stays; `port` 0 takes a free one at the first start.

    `host` is the one address it listens on; another than the loopback is for those who come from elsewhere.

    `async with` prepares it, starts it, waits until it answers, and ends it cleanly.
    """

    name: str
    stop_seconds: float
    """How long it may take to end cleanly before it is killed."""

    def __init__(self, folder: Path, port: int, host: str = LOOPBACK) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.host = host
        self.log = self.folder / f"{self.name}.log"
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def _started(self) -> Child:
        if self._child is None:
            raise LauncherError(f"{self.name} was not started.")
        return self._child

    @abstractmethod
    async def prepare(self, progress: Progress = silent) -> None:
        """Do what is done once, before the first start."""

    @abstractmethod
    async def start(self) -> None:
        """Start the server."""

    @abstractmethod
    async def ready(self) -> None:
        """Wait until it answers. Raises PartError with its log's end."""

    async def stop(self) -> None:
        """End it cleanly; its data stays."""
        if self._child is not None:
            await self._child.stop(within=self.stop_seconds)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._child is not None:
            self._child.kill()

    async def __aenter__(self) -> Self:
        await self.prepare()
        try:
            await self.start()
            await self.ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
