# SPDX-License-Identifier: EUPL-1.2
"""The embedded Kafka keeps topics over a kill; downloads are checked and resumed."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from mash_tools.parts.kafka import Kafka
from mash_tools.parts.maven import Pinned, fetch
from mash_tools.problems import LauncherError, PartError


@pytest.mark.kafka
async def test_a_killed_broker_comes_back_with_what_was_acknowledged(tmp_path: Path) -> None:
    async with Kafka(tmp_path) as broker:
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
        await producer.start()
        await producer.send_and_wait("kept", b"one")
        await producer.stop()
        broker.kill()
        before = broker.port
        await broker.start()
        await broker.ready()
        assert broker.port == before, "clients that know it find it again"

        consumer = AIOKafkaConsumer(
            "kept", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", group_id="readers"
        )
        await consumer.start()
        message = await asyncio.wait_for(consumer.getone(), 20)
        await consumer.stop()
    assert message.value == b"one"


@pytest.mark.kafka
async def test_a_broker_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    broker = Kafka(tmp_path)
    await broker.prepare()
    (tmp_path / "logs" / "meta.properties").write_text("version=1\nnode.id=2\ncluster.id=other\n")
    await broker.start()
    with pytest.raises(PartError, match="node id") as failed:
        await broker.ready()
    assert failed.value.log == broker.log


class ByRange(SimpleHTTPRequestHandler):
    """A repository that can continue a download."""

    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Range"])
        content = Path(self.translate_path(self.path)).read_bytes()
        start = int((self.headers["Range"] or "bytes=0-")[len("bytes=") : -1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def repository(folder: Path) -> Iterator[tuple[str, list[str | None]]]:
    asked: list[str | None] = []
    handler = type("Handler", (ByRange,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def published(folder: Path, content: bytes) -> Pinned:
    file = folder / "org" / "example" / "tool" / "1" / "tool-1.jar"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return Pinned("org.example", "tool", "1", "jar", hashlib.sha256(content).hexdigest())


async def test_a_broken_download_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = published(tmp_path / "remote", b"0123456789")
    part = tmp_path / "cache" / "maven" / "org" / "example" / "tool" / "1" / "tool-1.jar.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"0123")
    with repository(tmp_path / "remote") as (url, asked):
        monkeypatch.setenv("MASH_MAVEN", url)
        (file,) = await fetch("Tool", [pin], tmp_path / "cache")
        assert await fetch("Tool", [pin], tmp_path / "cache") == [file]
    assert file.read_bytes() == b"0123456789"
    assert asked == ["bytes=4-"]


async def test_a_file_that_is_not_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = published(tmp_path / "remote", b"good")
    (tmp_path / "remote/org/example/tool/1/tool-1.jar").write_bytes(b"evil")
    with repository(tmp_path / "remote") as (url, _):
        monkeypatch.setenv("MASH_MAVEN", url)
        with pytest.raises(LauncherError, match="thrown away"):
            await fetch("Tool", [pin], tmp_path / "cache")
    assert list((tmp_path / "cache" / "maven").rglob("tool*.*")) == []


async def test_without_a_network_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASH_MAVEN", "http://127.0.0.1:9")
    with pytest.raises(LauncherError, match="check the network"):
        await fetch("Tool", [Pinned("org.example", "tool", "1", "jar", "0" * 64)], tmp_path)
