# SPDX-License-Identifier: EUPL-1.2
"""Apache Kafka (KRaft, one node: broker and controller) on the wheel's Java runtime, jars from Maven."""

import asyncio
import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from mash_tools.children import Child, guarded
from mash_tools.parts import java
from mash_tools.parts.maven import Pinned, cache_folder, fetch
from mash_tools.parts.part import Part
from mash_tools.ports import LOOPBACK, answers, free_port
from mash_tools.problems import LauncherError, PartError
from mash_tools.progress import Progress, silent

VERSION = "4.1.2"
HEAP = 160  # MB; the broker itself needs about 60, the rest is room for bursts

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # One node for one machine: few logs, few threads, small buffers.
    "num.partitions": "3",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "8388608",
    # After a crash the broker may register again only when its former session has ended.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class Kafka(Part):
    """One broker in `folder`; `port` 0 takes a free one at the first start. Topics stay.

    `host`: the one address it listens on. Whoever reaches it may read and write everything.
    """

    name = "kafka"
    stop_seconds = 30

    def __init__(
        self, folder: Path, port: int = 0, *, host: str = LOOPBACK, cache: Path | None = None
    ) -> None:
        super().__init__(folder, port, host)
        self.cache = cache or cache_folder()
        self._jars: list[Path] = []
        self._classes = java.LearnedClasses(f"kafka-{VERSION}", self.cache)

    @property
    def bootstrap(self) -> str:
        """What clients are given: host:port."""
        return f"{self.host}:{self.port}"

    async def prepare(self, progress: Progress = silent) -> None:
        """Fetch Kafka and format the folder; each once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._jars = await fetch("Kafka", Pinned.listed("kafka.txt"), self.cache, progress)
        await asyncio.to_thread(self._classes.prepare)
        if not (self.folder / "logs" / "meta.properties").exists():
            progress("formatting the storage of Kafka")
            await asyncio.to_thread(self._format)

    async def start(self) -> None:
        """Start the broker."""
        if not self._jars:
            raise LauncherError("kafka was not prepared.")
        if not self.port:
            self.port = free_port()
        properties = self._properties(self.folder, self.port)
        self._child = Child(
            self.name,
            self._java(self._classes.options(), "kafka.Kafka", properties),
            log=self.log,
            cwd=self.folder,
        )
        self._child.start()

    async def ready(self, within: float = 60.0) -> None:
        """Wait until it answers clients. Raises PartError with its log's end."""
        await self._started.until(self._answers, within)

    async def _answers(self) -> bool:
        if not await answers(self.port, self.host):
            return False
        client = AIOKafkaClient(bootstrap_servers=self.bootstrap)
        try:
            await client.bootstrap()
        except KafkaError:
            return False
        finally:
            await client.close()
        return True

    async def stop(self) -> None:
        """End it cleanly; topics stay."""
        await super().stop()
        self._classes.keep()

    def _properties(self, folder: Path, port: int) -> Path:
        controller = free_port()
        own = {
            "listeners": f"PLAINTEXT://{self.host}:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.host}:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(folder / "logs"),
        }
        file = folder / "server.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in (SETTINGS | own).items()))
        return file

    def _java(self, archives: list[str], main: str, *arguments: str | Path) -> list[str | Path]:
        options = [
            *java.small(HEAP),
            *archives,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
        ]
        return [java.JAVA, *options, "-cp", os.pathsep.join(map(str, self._jars)), main, *arguments]

    def _format(self) -> None:
        fresh = self.folder / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        # Kafka's tool takes an id that begins with a hyphen for an option: the first byte is made harmless.
        identity = base64.urlsafe_b64encode(b"M" + uuid.uuid4().bytes[1:]).rstrip(b"=").decode()
        properties = self._properties(fresh, free_port())
        command = guarded(
            self._java([], "kafka.tools.StorageTool", "format", "-t", identity, "-c", properties)
        )
        with self.log.open("ab") as log:
            done = subprocess.run(guarded(command), stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise PartError(self.name, "could not format its storage", self.log)
        (fresh / "logs").rename(self.folder / "logs")
        shutil.rmtree(fresh)
