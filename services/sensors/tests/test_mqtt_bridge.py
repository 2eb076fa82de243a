# SPDX-License-Identifier: EUPL-1.2
"""A city's own broker, by Debian's Mosquitto: what it hands on is acknowledged once the stream has it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mash_sdk.running import Running
from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until
from mash_sensors.mqtt.bridge import Bridge
from mash_tools.ports import free_port

STA = "/api/sensors/sta/v1.1"
PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("CI"), reason="Left out: MQTT by a broker needs mosquitto (apt)."
)
Dials = Callable[..., Awaitable[Any]]


class Mosquitto:
    """One that keeps sessions and messages over its own end."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
            f"persistence true\npersistence_location {folder}/\n"
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        assert PROGRAM is not None, "mosquitto is missing: apt-get install mosquitto"
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, "-c", str(self._file), stdout=quiet, stderr=quiet
        )

        async def answers() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                return False
            writer.close()
            await writer.wait_closed()
            return True

        await until(answers, "mosquitto answers", 20)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    if os.geteuid() == 0:  # it gives root up for the user of its package
        for one in (folder, *list(folder.parents)[:3]):
            one.chmod(0o755)
        shutil.chown(folder, "mosquitto")
    mosquitto = Mosquitto(folder)
    await mosquitto.start()
    yield mosquitto
    await mosquitto.stop()


@pytest.fixture
async def bench(
    bench_of: Callable[..., Awaitable[Bench]], broker: Mosquitto, request: pytest.FixtureRequest
) -> Bench:
    """With one session, or as many as `bench` is parametrized with."""
    sessions = getattr(request, "param", 1)
    address = f"mqtt://127.0.0.1:{broker.port}"
    return await bench_of("mash_sensors", mqtt_broker=address, mqtt_sessions=sessions)


@asynccontextmanager
async def bridged(bench: Bench) -> AsyncIterator[None]:
    """The bridge at work, and there."""
    bridge = bench.program.provides[Bridge]
    assert isinstance(bridge, Bridge)
    running = Running(bench.program, bench.broker, asyncio.Event())
    with bench.program.telemetry.active():
        task = asyncio.create_task(bridge.run(running))
    try:

        async def there() -> bool:
            return len(bridge.read) == bridge.sessions and bridge.publishes

        await until(there, "the bridge is connected", 20)
        yield
    finally:
        running.stop.set()
        await task


def topic(sender: Any) -> str:
    return f"{sender.tenant}/v1.1/Datastreams('{sender.datastream('surface')}')/Observations"


async def send(client: Any, sender: Any, *results: float) -> None:
    """Published, and acknowledged by the broker."""
    for number, result in enumerate(results):
        said = {"result": result, "phenomenonTime": f"2026-03-02T09:{number:02}:00Z"}
        sent = await client.publish(topic(sender), said)
        assert (await client.acknowledgement(sent))[0] == 0


async def stored(bench: Bench, sender: Any, *results: float) -> None:
    async def they_are() -> bool:
        return bool(await sender.results() == list(results))

    await until(they_are, f"{results} are stored", 20)


@pytest.mark.parametrize("bench", [1, 3], indirect=True)
async def test_what_the_broker_has_is_stored_and_what_is_stored_goes_out(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials
) -> None:
    device, listener = await dial(broker.port, "device"), await dial(broker.port, "listener")
    listener.paho.subscribe("heidelberg/v1.1/Observations")
    async with bridged(bench):
        await send(device, sender, 1.0, 2.0, 3.0)
        await stored(bench, sender, 1.0, 2.0, 3.0)

        async def came() -> bool:
            return len(listener.received) == 3

        await until(came, "what was recorded is published", 10)
    for at, observation in listener.received:
        assert at == "heidelberg/v1.1/Observations"
        read = await bench.visitor().get(f"{STA}/Observations('{observation['@iot.id']}')")
        assert observation == read.json()


@pytest.mark.parametrize("bench", [1, 3], indirect=True)
async def test_nothing_is_lost_while_we_are_away(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials
) -> None:
    async with bridged(bench):
        pass
    device = await dial(broker.port, "device")
    await send(device, sender, 1.0, 2.0, 3.0)
    async with bridged(bench):
        await stored(bench, sender, 1.0, 2.0, 3.0)


async def test_what_the_stream_does_not_have_is_not_acknowledged_to_the_broker(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials
) -> None:
    device = await dial(broker.port, "device")
    async with bridged(bench):
        bench.broker.away = True
        await send(device, sender, 1.0, 2.0)
        bridge: Any = bench.program.provides[Bridge]

        async def taken() -> bool:
            return bool(bridge.waiting == 2)

        await until(taken, "both wait for the stream", 10)
    bench.broker.away = False
    assert await sender.results() == []
    async with bridged(bench):
        await stored(bench, sender, 1.0, 2.0)


async def test_the_broker_comes_back_and_all_goes_on(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials
) -> None:
    async with bridged(bench):
        first = await dial(broker.port, "first")
        await send(first, sender, 1.0)
        await stored(bench, sender, 1.0)
        await broker.stop()
        await broker.start()
        second = await dial(broker.port, "second")
        await send(second, sender, 1.0, 2.0)
        await stored(bench, sender, 1.0, 2.0)


async def test_a_session_is_read_by_one_process_at_a_time(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials
) -> None:
    """Two that read it would push each other out for ever."""
    first: Any = bench.program.provides[Bridge]
    second = Bridge(first._address, 1, bench.program.database, first._observing, bench.program.tenants)
    device = await dial(broker.port, "device")
    stop = asyncio.Event()
    waiting: asyncio.Task[None] | None = None
    try:
        async with bridged(bench):
            with bench.program.telemetry.active():
                running = Running(bench.program, bench.broker, stop)
                waiting = asyncio.create_task(second.run(running))

            async def publishes() -> bool:
                return second.publishes

            await until(publishes, "the second process is there", 10)
            await send(device, sender, 1.0)
            await stored(bench, sender, 1.0)
            assert (first.read, second.read) == ({"0"}, set())

        async def reads() -> bool:
            return second.read == {"0"}

        await until(reads, "the second process has its turn", 10)
        await send(device, sender, 1.0, 2.0)
        await stored(bench, sender, 1.0, 2.0)
    finally:
        stop.set()
        if waiting is not None:
            await waiting


async def test_what_can_never_be_taken_holds_nothing_up(
    bench: Bench, sender: Any, broker: Mosquitto, dial: Dials, caplog: pytest.LogCaptureFixture
) -> None:
    device = await dial(broker.port, "device")
    async with bridged(bench):
        for wrong in (topic(sender).replace("heidelberg", "nowhere"), "heidelberg/v1.1/x/Observations"):
            await device.publish(wrong, {"result": 1.0})
        await device.publish(topic(sender), b"{")
        await send(device, sender, 2.0)
        await stored(bench, sender, 2.0)

        async def told() -> bool:
            return caplog.text.count("was refused") == 3

        await until(told, "what was refused is logged", 10)
