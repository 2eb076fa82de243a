# SPDX-License-Identifier: EUPL-1.2
"""Starts a module as a process of its own against a running `./mash up`, and ends it again."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from mash_tools.children import Child
from mash_tools.module import node
from mash_tools.module.source import Source
from mash_tools.platform import approvals, environment, noted
from mash_tools.platform.environment import Places
from mash_tools.platform.folder import REALMS, DataFolder
from mash_tools.platform.modules import Module
from mash_tools.ports import free_port
from mash_tools.problems import PartError
from mash_tools.progress import Progress
from mash_tools.realms import provision
from mash_tools.realms.access import Access
from mash_tools.realms.access import find as find_keycloak
from mash_tools.realms.access import platform as known_to
from mash_tools.realms.shape import Representation

MIGRATE_SECONDS, START_SECONDS = 120.0, 60.0
CONTRACT = Path("proto").absolute()
"""Told to modules in other languages, which read messages from the .proto files."""
WAIT_FOR_OPERATOR = 1.0
"""Seconds between looks whether the operator has approved a module meanwhile."""


async def run(source: Source, folder: DataFolder, say: Progress, told: asyncio.Event) -> None:
    """Run it until `told`. Raises LauncherError when it cannot start, PartError when it ends by itself."""
    began = time.monotonic()
    module = source.module()
    name = module.manifest.name
    places = noted.find(folder)
    doors = {**places.doors, name: (free_port(), free_port())}
    env = _environment(source, module, replace(places, doors=doors), folder)
    if not source.package:
        env |= {"MASH_CONTRACT": str(CONTRACT)}
    log = folder.log(f"{name}-{module.manifest.version}")
    approved = name in approvals.read(folder)
    client = asyncio.create_task(_client(folder, name, known=approved))
    if source.package:
        command: list[str | Path] = [sys.executable, "-m", module.package, "serve"]
        await _migrate(module, env | environment.admin(places), log)
    else:
        command = await asyncio.to_thread(node.command, source.folder, say)
    child = Child(name, command, log=log, env=env, cwd=None if source.package else source.folder)
    child.start()
    try:
        await client
        await child.until(_ready(doors[name][0]), START_SECONDS)
        say(f"{name} {module.manifest.version} is ready ({time.monotonic() - began:.1f} s); its log: {log}")
        if not approved:
            say(f"It gets nothing until an operator approves it: ./mash module approve {name}")
        while not told.is_set():
            if not child.running:
                raise PartError(name, f"ended by itself with code {child.exit_code}", log)
            if not approved and name in approvals.read(folder):
                approved = True
                await asyncio.to_thread(register, folder, name)
                say(f"{name} was approved")
            await _pause(told)
    finally:
        await child.stop()


async def _migrate(module: Module, env: dict[str, str], log: Path) -> None:
    name = module.manifest.name
    migrate = Child(f"{name} migrate", [sys.executable, "-m", module.package, "migrate"], log=log, env=env)
    migrate.start()
    try:
        await migrate.ended(MIGRATE_SECONDS)
    finally:
        migrate.kill()
    if migrate.exit_code != 0:
        raise PartError(name, "could not bring its schema to this version", log)


async def _client(folder: DataFolder, name: str, *, known: bool) -> None:
    if known:
        await asyncio.to_thread(register, folder, name)


def register(folder: DataFolder, name: str) -> None:
    """Make the module's client, and the scope that names it, in every realm; twice is once."""
    access = find_keycloak(folder.path)
    with folder.turn(REALMS):
        known = known_to(access)
        keys = {**known.client_jwks, name: {"keys": [folder.public_key(name)]}}
        modules = {**known.modules, name: approvals.modules(folder)[name]}
        _provision(folder, access, keys, modules, demo=known.demo)


def unregister(folder: DataFolder, name: str) -> None:
    """Switch the client off in every realm: it gets no token any more."""
    access = find_keycloak(folder.path)
    with folder.turn(REALMS):
        known = known_to(access)
        keys = {other: jwks for other, jwks in known.client_jwks.items() if other != name}
        modules = {other: needs for other, needs in known.modules.items() if other != name}
        _provision(folder, access, keys, modules, demo=known.demo)


def _provision(
    folder: DataFolder,
    access: Access,
    keys: Mapping[str, Representation],
    modules: Mapping[str, Sequence[str]],
    *,
    demo: bool,
) -> None:
    provision(
        access.url,
        access.user,
        access.password,
        noted.find(folder).cities,
        access.public_url,
        keys,
        demo=demo,
        modules=modules,
    )


def _environment(source: Source, module: Module, places: Places, folder: DataFolder) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(source.root), os.environ.get("PYTHONPATH"))))
    told = environment.own() | environment.common(places) | environment.of(module, places, folder)
    return told | {"PYTHONPATH": path}


def _ready(port: int) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                answer = await http.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.HTTPError:
            return False
        return answer.is_success

    return ready


async def _pause(told: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(WAIT_FOR_OPERATOR):
            await told.wait()
    except TimeoutError:
        return
