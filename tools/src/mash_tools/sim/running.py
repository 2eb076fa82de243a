# SPDX-License-Identifier: EUPL-1.2
"""A scenario from start to end: platform, city, devices, people, and the night before the viewer."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from mash_sdk.tenants import Tenants
from mash_tools.load.target import joined
from mash_tools.module.source import find
from mash_tools.npm import kern
from mash_tools.platform import Platform
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress
from mash_tools.sim import files, shown
from mash_tools.sim.clock import NightClock
from mash_tools.sim.crew import Crew
from mash_tools.sim.devices import Device, Network, containers, register, streets
from mash_tools.sim.portal import Portal, Refused
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.stores import Stores
from mash_tools.sim.town import Town
from mash_tools.sim.watching import WARNING, Watching, compared
from mash_tools.sim.weather import Night

MODULE: Final = "winter"
GATE: Final = {
    "PORTAL_GW_RATE_CLIENT": "5000",
    "PORTAL_GW_RATE_CLIENT_BURST": "20000",
}
"""A whole network and all people come from one address here."""
TELL: Final = 5.0
"""Seconds between two lines of progress."""
CALM: Final = 5.0
"""Seconds without a newer plan, after all is gritted, until the night is over."""
GRACE: Final = 120.0
"""Real seconds after the night's end in which the last streets may be gritted."""
OFFERED: Final = 90.0
"""Seconds until streets can be subscribed to."""


async def run(scenario: Scenario, port: int, say: Progress, *, stay: bool) -> shown.Ended:
    """How it ended; `stay`: the platform goes on until this is cancelled."""
    town = Town(scenario.town, scenario.seed)
    night, stores = Night(scenario, town), Stores(scenario, town)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="mash-sim-", ignore_cleanup_errors=True)
        )
        # A PostgreSQL that does not run as root must be able to enter.
        Path(folder).chmod(0o755)  # noqa: ASYNC240 — nothing else runs yet
        platform = await stack.enter_async_context(_platform(Path(folder), port, scenario, town, say))
        url = f"{platform.url}/{town.size.name}"
        realm = f"{platform.places.keycloak}/realms/{town.size.name}"
        portal = await stack.enter_async_context(Portal(url, realm))
        wanted = [*streets(scenario, town, night), *containers(scenario, town, stores)]
        devices = await register(portal, wanted, say)
        tenant = Tenants.load(platform.places.cities, platform.url)[town.size.name]
        await stack.enter_async_context(joined(find(MODULE), platform, tenant, say))
        await _subscribe(portal, scenario, town, say)
        say(shown.heading(scenario, url))
        play = Play(scenario, town, night, stores, portal, say)
        await play.run(devices)
        how = await play.ended(await _letters(platform))
        say(how.words())
        if stay:
            say(f"It goes on at {url}/winter until Ctrl-C.")
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
    return how


@asynccontextmanager
async def _platform(
    folder: Path, port: int, scenario: Scenario, town: Town, say: Progress
) -> AsyncIterator[Platform]:
    cities = folder / "cities"
    cities.mkdir()
    files.write(cities, scenario, town)
    platform = Platform(
        folder / "data",
        port,
        processes=True,
        source=cities,
        kern=await kern(Path.cwd(), say),
        environ=GATE,
        say=lambda who, what: say(f"{who}: {what}"),
    )
    await platform.start()
    try:
        yield platform
    finally:
        await platform.stop()


async def _subscribe(portal: Portal, scenario: Scenario, town: Town, say: Progress) -> None:
    """Somebody wants to be told of some streets; winter offers them once it knows their sensors."""
    wanted = sorted(town.watched, key=lambda one: not one.bridge)[: scenario.town.subscribers]
    deadline = time.monotonic() + OFFERED
    for street in wanted:
        path = f"/api/notify/v1/subscriptions/{MODULE}.ice/{street.id}"
        while True:
            try:
                await portal.ask("PUT", path, files.CITIZEN)
                break
            except Refused as refused:
                if refused.status != httpx.codes.UNPROCESSABLE_ENTITY or time.monotonic() > deadline:
                    raise  # else nobody knows yet that there is such a warning
            await asyncio.sleep(0.5)
        say(f"{files.CITIZEN} wants to be told of {street.name}")


class Play:
    """The night, from its beginning until all is gritted or it is over."""

    def __init__(
        self, scenario: Scenario, town: Town, night: Night, stores: Stores, portal: Portal, say: Progress
    ) -> None:
        """It begins now."""
        self._scenario, self._town, self._night, self._stores = scenario, town, night, stores
        self._say = say
        self.clock = NightClock(scenario)
        self.watching, self.crew = Watching(portal, self.clock), Crew(portal, scenario, stores)
        self.network = Network(portal, scenario, self.clock)
        self._begun: list[asyncio.Task[None]] = []
        self._told = 0.0

    async def run(self, devices: Sequence[Device]) -> None:
        self._begin(self.network.run(devices))
        self._begin(self.watching.run())
        try:
            while not self._is_over():
                await self._look()
                await asyncio.sleep(0.2)
            self._say(self.line())
        finally:
            for task in self._begun:
                task.cancel()
            await asyncio.gather(*self._begun, return_exceptions=True)
        await self.watching.look()

    def _begin(self, what: Coroutine[Any, Any, None]) -> None:
        self._begun.append(asyncio.create_task(what))

    def _is_over(self) -> bool:
        for task in self._begun:
            if task.done():
                task.result()
        if self.crew.work.done and time.time() - self.crew.work.changed > CALM:
            return True
        if self._scenario.seconds(self.clock.minute - self._scenario.hours * 60) > GRACE:
            self._say(f"{self.clock.words} · the night is over")
            return True
        return False

    async def _look(self) -> None:
        if time.monotonic() - self._told > TELL:
            self._told = time.monotonic()
            self._say(self.line())
        share = self.watching.seen.count(WARNING) / len(self._town.watched)
        if share > 0:
            self._stores.slippery(self.clock.minute)
        if self.crew.work.plan is None and share >= self._scenario.tours.share:
            await self._send_out(share)

    async def _send_out(self, share: float) -> None:
        self._say(f"{self.clock.words} · {share:.0%} of the streets are under warning: tours are planned")
        await self.crew.plan()
        work = self.crew.work
        self._say(f"{self.clock.words} · tours for {work.open} streets, planned in {work.solved:.1f} s")
        self._begin(self.crew.follow())
        for number in range(1, self._scenario.town.vehicles + 1):
            self._begin(self.crew.drive(f"streuer-{number}"))

    @property
    def levels(self) -> Mapping[str, float]:
        """Kilograms by container."""
        return self._stores.levels(self.clock.minute)

    def line(self) -> str:
        """How it stands."""
        return shown.status(
            self.clock, self._night, self.watching.seen, self.crew.work, self.network.sent, self.levels
        )

    async def ended(self, letters: int) -> shown.Ended:
        watched = [one.id for one in self._town.watched]
        truth = compared(self.watching.seen, self._night, watched, self.clock.minute)
        delays = await self.watching.delays()
        return shown.ended(
            truth, delays, self.crew.work, self.network.sent, self.levels, self._stores.taken, letters
        )


async def _letters(platform: Platform) -> int:
    """Mails in the sink."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            answer = await http.get(f"http://127.0.0.1:{platform.places.mail_http_port}/messages?limit=1000")
            return len(answer.raise_for_status().json())
    except httpx.HTTPError as err:
        raise LauncherError(f"The mail sink does not answer ({err}).") from err
