# SPDX-License-Identifier: EUPL-1.2
"""What answers HTTP, asked in turn by a crowd, and what each answer cost: for the gateway's benchmarks."""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from joserfc.jwk import ECKey

from mash_sdk.testing.issuer import Issuer
from mash_tools.bench.front import TENANT as TENANT
from mash_tools.bench.machine import processor_seconds, versions
from mash_tools.bench.measured import Row
from mash_tools.children import Child
from mash_tools.ports import answers
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

CONNECTIONS: Final = 64
ROUNDS: Final = 5
SECONDS: Final = 3.0
WARM_UP: Final = 4.0
SAMPLED: Final = 0.01
AUDIENCE: Final = "portal-gw"
NOBODY: Final = "127.0.0.1:9"
NO_TOKENS: Final = "-"
FRONT: Final = (sys.executable, "-m", "mash_tools.bench.front")
LIBRARIES: Final = ("uvicorn", "uvloop", "httptools", "joserfc")


@dataclass(slots=True)
class Door:
    """Something that answers, and what was measured of it."""

    what: str
    child: Child
    url: str
    version: str | None = None
    """None: it is ours."""
    processor: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    n: int = 0

    @classmethod
    def of(
        cls,
        folder: Path,
        what: str,
        port: int,
        path: str,
        *command: str,
        env: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> "Door":
        child = Child(what, command, log=folder / f"{what}.log", env=env)
        return cls(what, child, f"http://127.0.0.1:{port}{path}", version)


def module(folder: Path, what: str, port: int, path: str) -> Door:
    """The upstream: it does nothing but answer."""
    return Door.of(folder, what, port, path, *FRONT, "module", str(port))


async def measure(behind: Door, doors: Sequence[Door], sent: str, least: int, say: Progress) -> None:
    """Start all and ask each in turn, round by round, so that what else runs here meets all alike.

    Each has one core to itself; the asker and what is `behind` have the others, where there are others.
    `sent`: the file of tokens, or NO_TOKENS. `least`: how often each is asked before anything counts.
    Raises LauncherError if one does not start, refuses or answers something else than the others.
    """
    async with AsyncExitStack() as stack:
        own, rest = _cores()
        stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        for door in (behind, *doors):
            say(f"starting {door.what}")
            os.sched_setaffinity(0, rest if door is behind else own)
            door.child.start()
            stack.push_async_callback(door.child.stop, 3.0)
            await door.child.until(partial(answers, httpx.URL(door.url).port or 0), 30.0)
        os.sched_setaffinity(0, rest)
        await _same(doors, sent)
        for door in doors:
            say(f"{door.what}: before anything counts")
            await _ask(door, sent, WARM_UP, least)
        for n in range(ROUNDS):
            say(f"round {n + 1} of {ROUNDS}")
            for door in doors:
                await _measure(door, sent)


def environment(folder: Path, issuer: Issuer, cities: Path) -> dict[str, str]:
    """The gateway's: nothing limits it, and it needs no other part."""
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
        "TOKEN_CACHE": "3600",  # none of the others asks again about a token it knows
        "RATE_CLIENT": "1e9",
        "RATE_CLIENT_BURST": "1000000000",
        "RATE_TENANT": "1e9",
        "RATE_TENANT_BURST": "1000000000",
    }
    return dict(os.environ) | {f"PORTAL_GW_{name}": value for name, value in told.items()}


def _cores() -> tuple[set[int], set[int]]:
    own, *rest = sorted(os.sched_getaffinity(0))
    return {own}, set(rest) or {own}


async def _same(doors: Sequence[Door], sent: str) -> None:
    """All give the same body, or what they cost says nothing about one another."""
    headers = {}
    if sent != NO_TOKENS:
        [token, *_] = Path(sent).read_text(encoding="ascii").split(maxsplit=1)  # noqa: ASYNC240 — nothing runs yet
        headers["authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        said = [(await client.get(door.url)).raise_for_status().content for door in doors]
    for door, body in zip(doors, said, strict=True):
        if body != said[0]:
            raise LauncherError(f"{door.what} does not answer what {doors[0].what} does.")


async def _ask(door: Door, sent: str, seconds: float, least: int = 1) -> dict[str, float]:
    command = [sys.executable, "-m", "mash_tools.bench.crowd", door.url, sent, str(seconds)]
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


async def _measure(door: Door, sent: str) -> None:
    pid = door.child.pid or 0
    before = processor_seconds(pid)
    told = await _ask(door, sent, SECONDS)
    used = processor_seconds(pid) - before
    door.n += int(told["answers"])
    door.processor.append(1e6 * used / told["answers"])
    door.p50.append(told["p50"])
    door.p99.append(told["p99"])
    door.rate.append(told["answers"] / SECONDS)


def rows(doors: Sequence[Door], times_envoy: float, more: tuple[str, float] | None = None) -> list[Row]:
    """Medians of the rounds; Envoy, or without it the module, is what the others are compared with.

    `times_envoy`: the goal, at most so many times Envoy's processor time and p99. `more`: at least so many
    times the requests a second of another one, if it was there.
    """
    named = {door.what: door for door in doors}
    envoy = named.get("Envoy")
    made: list[Row] = []
    for door in [*([envoy] if envoy else []), *(door for door in doors if door is not envoy)]:
        goal = None
        if envoy is not None and door.what == "gateway":
            goal = (times_envoy * statistics.median(envoy.processor), None)
        made.append(
            Row(
                f"processor for a request: {door.what}",
                "µs",
                door.n,
                statistics.median(door.processor),
                goal=goal,
                yardstick=not made,
            )
        )
    for door in doors:
        goal_ms = None
        if envoy is not None and door.what == "gateway":
            goal_ms = (times_envoy * statistics.median(envoy.p50), times_envoy * statistics.median(envoy.p99))
        p50, p99 = statistics.median(door.p50), statistics.median(door.p99)
        made.append(Row(f"time to answer: {door.what}", "ms", door.n, p50, p99, goal_ms))
    least = None
    if more is not None and more[0] in named:
        least = more[1] * statistics.median(named[more[0]].rate)
    for door in doors:
        wanted = least if door.what == "gateway" else None
        rate = statistics.median(door.rate)
        made.append(Row(f"requests a second: {door.what}", "1/s", door.n, rate, least=wanted))
    return made


def versions_of(doors: Sequence[Door]) -> dict[str, str]:
    """Of what was measured, and of what ours stand on."""
    return versions(LIBRARIES, **{door.what: door.version for door in doors if door.version})
