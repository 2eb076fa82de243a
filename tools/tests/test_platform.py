# SPDX-License-Identifier: EUPL-1.2
"""The supervisor: what ends is started again, what is killed stays dead, a folder belongs to one platform."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from mash_tools.children import Child
from mash_tools.platform import Platform, environment
from mash_tools.platform.cities import chosen
from mash_tools.platform.folder import DataFolder
from mash_tools.platform.kept import Kept, Program
from mash_tools.ports import answers, free_port
from mash_tools.problems import LauncherError, PartError

LAST_WORDS = "print('no such city'); raise SystemExit(3)"
SERVER = "import http.server, sys; http.server.test(port=int(sys.argv[1]), bind='127.0.0.1')"


def server(folder: Path, port: int) -> Program:
    child = Child("server", [sys.executable, "-c", SERVER, str(port)], log=folder / "server.log", cwd=folder)
    return Program(child, lambda: answers(port))


async def until(true: Callable[[], bool], within: float = 15.0) -> None:
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 — it is a process that is waited for
            await asyncio.sleep(0.02)


async def test_what_ends_by_itself_is_started_again_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    kept = Kept(server(tmp_path, free_port()), said.append)
    await kept.start()
    first = kept.what.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: said[-1:] == ["runs again"])
    assert kept.what.running
    assert kept.what.pid != first
    assert "started again in 0.5 s" in said[0]
    await kept.stop()
    assert not kept.what.running


async def test_what_is_killed_on_purpose_stays_dead_until_it_is_started(tmp_path: Path) -> None:
    said: list[str] = []
    kept = Kept(server(tmp_path, free_port()), said.append)
    await kept.start()
    await kept.hold()
    await asyncio.sleep(0.8)
    held = kept.what.running
    await kept.start()
    assert (held, kept.what.running) == (False, True)
    await kept.stop()
    assert said == []


async def test_it_can_be_stopped_while_it_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    port = free_port()

    async def never_again() -> bool:
        return not said and await answers(port)

    kept = Kept(Program(server(tmp_path, port)._child, never_again), said.append)
    await kept.start()
    kept.what.kill()
    await until(lambda: kept.what.running)
    async with asyncio.timeout(5):
        await kept.stop()
    assert not kept.what.running


async def test_what_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    child = Child(
        "broken", [sys.executable, "-c", "print('no such city'); raise SystemExit(3)"], log=tmp_path / "l"
    )
    with pytest.raises(PartError, match="no such city") as failed:
        await Kept(Program(child, lambda: answers(1)), print).start()
    assert "code 3" in str(failed.value)
    assert str(tmp_path / "l") in str(failed.value)


ORPHAN = """
import sys, time
from pathlib import Path
from mash_tools.children import Child
child = Child("child", [sys.executable, "-c", "import time; time.sleep(600)"], log=Path(sys.argv[1]) / "log")
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def test_children_do_not_outlive_a_killed_launcher(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        child = psutil.Process(int(launcher.stdout.readline()))
        time.sleep(0.3)  # the guard has become the program
        launcher.kill()
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_data_folder_serves_one_platform_at_a_time(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.open()
    with pytest.raises(LauncherError, match=rf"process {os.getpid()}.*--data"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_secrets_and_ports_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    before, after = DataFolder(tmp_path), DataFolder(tmp_path)
    assert before.secret("mash_forms") == after.secret("mash_forms") != before.secret("mash_notify")
    assert before.port("kafka") == after.port("kafka") != before.port("postgres")
    assert before.public_key("forms") == after.public_key("forms")
    for file in [*tmp_path.glob("secrets/*"), *tmp_path.glob("keys/*")]:
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    port = DataFolder(tmp_path).port("mail")
    with socket.create_server(("127.0.0.1", port)):
        assert DataFolder(tmp_path).port("mail") != port


def test_the_public_key_fits_the_private_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    key = ECKey.import_key(folder.key_file("forms").read_bytes())
    signed = jws.serialize_compact({"alg": "ES256"}, b"it is me", key)
    public = folder.public_key("forms")
    assert "d" not in public
    assert jws.deserialize_compact(signed, ECKey.import_key(public)).payload == b"it is me"


def city_file(folder: Path, ags: str = "08000000") -> None:
    (folder / "city.toml").write_text(
        f'name = "{folder.name}"\ntitle = "A"\nfull_title = "A"\nags = "{ags}"\n'
    )


@pytest.mark.parametrize("simulator", environment.SIMULATORS)
def test_a_secret_that_looks_like_an_option_is_none(tmp_path: Path, simulator: str) -> None:
    """One in 64 begins with a hyphen."""
    (tmp_path / "secrets").mkdir()
    for name in ("xbezahldienste", "stripe", "stripe-webhook", "paypal", "girocheckout", "signs"):
        (tmp_path / "secrets" / name).write_text("-Pz0")
    secrets = environment.simulator_secrets(simulator, DataFolder(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", f"mash_simulators.{simulator}", *secrets, "--help"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_cities_are_chosen_by_name(tmp_path: Path) -> None:
    for name in ("adorf", "bdorf"):
        (tmp_path / "all" / name).mkdir(parents=True)
        city_file(tmp_path / "all" / name)
    assert chosen(tmp_path / "all", [], tmp_path / "links") == tmp_path / "all"
    links = chosen(tmp_path / "all", ["bdorf"], tmp_path / "links")
    assert [file.parent.name for file in links.glob("*/city.toml")] == ["bdorf"]
    with pytest.raises(LauncherError, match="no city cdorf; there are: adorf, bdorf"):
        chosen(tmp_path / "all", ["cdorf"], tmp_path / "links")


def test_a_half_written_city_is_left_out_and_said(tmp_path: Path) -> None:
    for name in ("adorf", "ulm"):
        (tmp_path / "all" / name).mkdir(parents=True)
    city_file(tmp_path / "all" / "adorf")
    city_file(tmp_path / "all" / "ulm", ags="")
    said: list[str] = []
    links = chosen(tmp_path / "all", [], tmp_path / "links", said.append)
    assert [file.parent.name for file in links.glob("*/city.toml")] == ["adorf"]
    assert len(said) == 1
    assert said[0].startswith(f"ulm is left out: {tmp_path}/all/ulm/city.toml: ags = ''")
    assert said[0].endswith("; ./mash city check ulm says more")
    with pytest.raises(LauncherError, match="No city can be served"):
        chosen(tmp_path / "all", ["ulm"], tmp_path / "links")
    chosen(tmp_path / "all", ["adorf"], tmp_path / "links", said.append)
    assert len(said) == 1


async def test_a_taken_port_is_said_and_nothing_is_left_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        platform = Platform(tmp_path, taken.getsockname()[1])
        with pytest.raises(LauncherError, match=r"Port \d+ for the portal is in use.*--port"):
            await platform.start()
    folder = DataFolder(tmp_path)
    folder.open()
    folder.close()
