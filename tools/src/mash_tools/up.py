# SPDX-License-Identifier: EUPL-1.2
"""`./mash up`: start the platform, say what happens, keep it running until Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mash_tools.npm import kern
from mash_tools.platform import Platform
from mash_tools.platform.environment import PROVIDERS
from mash_tools.platform.platform import KEYCLOAK_OFFSET, Say
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA, typed_path
from mash_tools.realms.people import OPERATORS, Person, people_of


def main(argv: list[str]) -> int:
    """0 after Ctrl-C, 2 when it could not start."""
    parser = argparse.ArgumentParser(prog="./mash up", description="The whole platform on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal; Keycloak takes this + 180")
    parser.add_argument(
        "--data", type=typed_path, default=DATA, metavar="DIR", help="what is stored lies here"
    )
    parser.add_argument("--city", nargs="+", default=[], metavar="NAME", help="only these cities")
    parser.add_argument("--processes", action="store_true", help="each service its own process")
    asked = parser.parse_args(argv)
    try:
        _check_port(asked.port)
        return asyncio.run(_up(asked))
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2


def _check_port(port: int) -> None:
    lowest, highest = 1024, 65_535 - KEYCLOAK_OFFSET
    if 0 < port < lowest:
        raise LauncherError(f"Port {port} needs rights ./mash does without; choose {lowest} to {highest}.")
    if not lowest <= port <= highest:
        raise LauncherError(
            f"Port {port} cannot be; choose {lowest} to {highest}, for Keycloak takes the port "
            f"{KEYCLOAK_OFFSET} above it."
        )


async def _up(asked: argparse.Namespace) -> int:
    began = time.monotonic()

    def say(who: str, what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {who:<14} {what}", flush=True)

    stop = asyncio.Event()

    def told_to_stop() -> None:
        if stop.is_set():
            print("ending at once; children end with this process", flush=True)
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told_to_stop)
    assets = await kern(Path.cwd(), lambda what: say("kern", what))
    platform = Platform(
        asked.data,
        asked.port,
        processes=asked.processes,
        cities=asked.city,
        source=Path(os.environ.get("MASH_CITIES", "cities")),
        kern=assets,
        say=say,
    )
    told = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(platform.start())
    public = asyncio.create_task(_tell_public(platform, say))
    await asyncio.wait((told, starting), return_when=asyncio.FIRST_COMPLETED)
    public.cancel()
    if not starting.done():
        print("\nstopping …", flush=True)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return 0
    starting.result()
    print(f"\nready {platform.url}\n\n{table(platform)}\n\nCtrl-C stops it; data stays in {asked.data}.")
    sys.stdout.flush()
    reporting = asyncio.create_task(_report(platform, say))
    await told
    print("\nstopping …", flush=True)
    reporting.cancel()
    await asyncio.gather(reporting, return_exceptions=True)
    ending = time.monotonic()
    await platform.stop()
    print(f"stopped ({time.monotonic() - ending:.1f} s)", flush=True)
    return 0


async def _tell_public(platform: Platform, say: Say) -> None:
    await platform.public.wait()
    say("portal", f"public pages answer at {platform.url}; login follows with Keycloak")


async def _report(platform: Platform, say: Say) -> None:
    """Demo devices are a nicety: what runs goes on without them."""
    try:
        await platform.report()
    except LauncherError as err:
        say("lorawan", str(err))


def table(platform: Platform) -> str:
    """Addresses and demo logins, for a terminal."""
    places = platform.places
    cities = sorted(file.parent for file in places.cities.glob("*/city.toml"))
    rows = [
        *((city.name, f"{platform.url}/{city.name}/", _logins(people_of(city))) for city in cities),
        ("operations", f"{platform.url}/ops", _logins(OPERATORS)),
        ("sensors", f"mqtt://localhost:{places.mqtt_port}", "<city>/<device id>, password: its key"),
        ("API", f"{platform.url}/api/openapi.json", ""),
        *(
            (
                f"{'payment' if name in PROVIDERS else 'sign'} simulator",
                places.simulator(name),
                f"stands in for {name}",
            )
            for name in places.simulator_ports
        ),
        ("Keycloak", f"{places.keycloak}/admin/", "admin, password in keycloak/admin-password"),
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"  {what:<{first}}  {url:<{second}}  {more}".rstrip() for what, url, more in rows)


def _logins(people: Sequence[Person]) -> str:
    return ", ".join(f"{one.username}/{one.password} ({', '.join(one.roles)})" for one in people)
