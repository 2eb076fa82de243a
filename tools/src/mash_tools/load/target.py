# SPDX-License-Identifier: EUPL-1.2
"""What is put under load: a platform started for it on this machine, or one that runs already."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from mash_sdk.tenants import Tenant, TenantError, Tenants
from mash_tools.bench.machine import families, processor_seconds
from mash_tools.module.run import run as run_module
from mash_tools.module.source import Source
from mash_tools.npm import kern
from mash_tools.platform import Platform, approvals
from mash_tools.platform.modules import services
from mash_tools.platform.platform import KEYCLOAK_OFFSET
from mash_tools.ports import free_port, is_free
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress
from mash_tools.realms.people import people_of

Logins = Mapping[str, Sequence[tuple[str, str]]]
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# The gateway limits each client's address. All of ours come from one: each tells its own, as behind a proxy.
BEHIND_US = {"PORTAL_GW_TRUSTED_PROXIES": "127.0.0.0/8,::1/128"}
GIVEN = ("MASH_POSTGRES", "MASH_KAFKA", "MASH_KEYCLOAK")
ANSWERS_WITHIN = 10.0
JOINS_WITHIN = 60.0
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Target:
    """`hosts`: the only names that may be spoken to. `logins`: by role."""

    url: str
    """Of the city's start page, without the last slash."""
    hosts: Collection[str]
    logins: Logins
    own: bool = False
    """It was started for this run alone."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """Its processes by name, as far as they are known."""

    def processor(self) -> dict[str, float]:
        """Seconds of the processor used so far, by process."""
        return {name: processor_seconds(pid) for name, pid in self.processes.items()}


def running(host: str, owned: Collection[str], city: Path, roles: Collection[str]) -> Target:
    """One that runs. Raises LauncherError unless it is on this machine, or its operator said it is theirs."""
    parts = urlsplit(host)
    name = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not name or parts.username or parts.path.strip("/"):
        raise LauncherError(f"{host} is no address; write http://localhost:8000, the city goes into --city.")
    if not _is_loopback(name) and name not in owned:
        raise LauncherError(
            f"{name} is not this machine. A load test keeps others from working: it needs the word of "
            f"whoever runs that one. If that is you: --i-own-this-host {name}"
        )
    tenant = _tenant(city, host)
    prefix = "" if name in tenant.hosts else f"/{tenant.name}"
    logins: dict[str, list[tuple[str, str]]] = {}
    for person in people_of(city) if tenant.demo else ():
        for role in person.roles:
            logins.setdefault(role, []).append((person.username, person.password))
    if missing := set(roles) - logins.keys():
        raise LauncherError(
            f"{tenant.name} has no demo login for {', '.join(sorted(missing))}; "
            "without --host a platform with logins of its own is started."
        )
    hosts = {*LOOPBACK, name} if _is_loopback(name) else set(owned)
    return Target(f"{parts.scheme}://{parts.netloc}{prefix}", hosts, logins)


async def must_answer(aimed: Target) -> None:
    """Raise LauncherError if nobody is there, or not everything yet, before a crowd is sent."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ANSWERS_WITHIN) as http:
            start = await http.get(f"{aimed.url}/")
            ready = await http.get(httpx.URL(aimed.url).join("/readyz"))
    except httpx.TransportError as err:
        raise LauncherError(
            f"{aimed.url} does not answer ({type(err).__name__}). Is the platform running? Start it by "
            "./mash up, or leave --host out: then one is started for this run."
        ) from err
    if start.status_code == httpx.codes.NOT_FOUND:
        raise LauncherError(f"{aimed.url} is not there: does a MAsH with this city run at that address?")
    if ready.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise LauncherError(f"{aimed.url} is not ready yet ({ready.text[:300]}); try again in a while.")


@asynccontextmanager
async def started(
    source: Source, city: Path, people: Mapping[str, int], say: Progress
) -> AsyncIterator[Target]:
    """A platform of its own, each service its own process, with so many logins for each role. Ends with it.

    Raises LauncherError, also for a city that is no demo: nobody else may have logins that are made up.
    """
    tenant = _tenant(city, "http://localhost")
    if given := [name for name in GIVEN if name in os.environ]:
        raise LauncherError(
            f"{', '.join(given)} names a part that others may use: a load gets parts of its own. "
            "Take it out of the environment, or name a platform that runs by --host."
        )
    if people and not tenant.demo:
        raise LauncherError(f"{tenant.name} is no demo: nobody can be made up there to log in.")
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-load-", ignore_cleanup_errors=True))
        )
        # A PostgreSQL that does not run as root must be able to enter.
        folder.chmod(0o755)  # noqa: ASYNC240 — nothing else runs yet
        logins = made_up(people)
        platform = Platform(
            folder / "data",
            pair(),
            processes=True,
            cities=[tenant.name],
            source=with_people(city, folder / "cities", logins),
            kern=await kern(Path.cwd(), say),
            environ=BEHIND_US,
            say=lambda who, what: say(f"{who}: {what}"),
        )
        await platform.start()
        stack.push_async_callback(platform.stop)
        names = [module.manifest.name for module in services()]
        if source.package not in {module.package for module in services()}:
            await stack.enter_async_context(joined(source, platform, tenant, say))
        pids = {
            name: pid for name in (*names, "postgres", "kafka", "keycloak") if (pid := platform.pid(name))
        }
        yield Target(
            f"{platform.url}/{tenant.name}", LOOPBACK, logins, own=True, processes=pids | _module(source)
        )


@asynccontextmanager
async def joined(source: Source, platform: Platform, tenant: Tenant, say: Progress) -> AsyncIterator[None]:
    """The module as a process of its own, approved, and reached through the gateway."""
    module = source.module()
    approvals.approve(platform.folder, module)
    told = asyncio.Event()
    task = asyncio.create_task(run_module(source, platform.folder, say, told))
    try:
        await _answers(f"{platform.url}/{tenant.name}{module.manifest.routes[0].path}", task)
        yield
    finally:
        told.set()
        await task


def _module(source: Source) -> dict[str, int]:
    """The process of a module: no service, so the platform does not know it."""
    started = families([os.getpid()])
    serving = [one.pid for one in started if one.cmdline()[-2:] == [source.package, "serve"]]
    return {source.module().manifest.name: serving[0]} if serving else {}


async def _answers(place: str, task: asyncio.Task[None]) -> None:
    absent = (httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http, asyncio.timeout(JOINS_WITHIN):
            while not task.done() and (await http.get(place)).status_code in absent:  # noqa: ASYNC110 — the gateway's
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise LauncherError(f"{place} does not answer {JOINS_WITHIN:g} s after its module started.") from None


def _tenant(city: Path, url: str) -> Tenant:
    try:
        return Tenants.load(city.parent, url)[city.name]
    except (TenantError, KeyError):
        raise LauncherError(f"There is no city {city.name} in {city.parent} that can be used.") from None


def made_up(people: Mapping[str, int]) -> dict[str, list[tuple[str, str]]]:
    """Logins by role, so many of each, with passwords that are nobody else's."""
    return {
        role: [(f"load-{role}-{number}", secrets.token_urlsafe(12)) for number in range(1, count + 1)]
        for role, count in people.items()
    }


def with_people(city: Path, cities: Path, logins: Logins) -> Path:
    """The city alone, and in it the people the platform shall make logins for."""
    copy = cities / city.name
    shutil.copytree(city, copy)
    with (copy / "people.toml").open("a", encoding="utf-8") as file:
        for role, made in logins.items():
            for number, (username, password) in enumerate(made, 1):
                file.write(
                    f'\n[[people]]\nusername = "{username}"\ngiven_name = "Last"\n'
                    f'family_name = "Probe {number}"\nemail = "{username}@load.example"\n'
                    f'password = "{password}"\nroles = ["{role}"]\n'
                )
    return cities


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def pair() -> int:
    """A free port for the portal; the one that Keycloak takes then is free, too."""
    while True:
        port = free_port()
        if port + KEYCLOAK_OFFSET < HIGHEST_PORT and is_free(port + KEYCLOAK_OFFSET):
            return port
