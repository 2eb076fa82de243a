# SPDX-License-Identifier: EUPL-1.2
"""What a forwarded request costs: the complete gateway beside its module asked directly, and others."""

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mash_sdk.clock import system_clock
from mash_sdk.testing.issuer import Issuer
from mash_tools.bench import doors, golang, peers
from mash_tools.bench.doors import AUDIENCE, TENANT, Door
from mash_tools.bench.front import PATH, ROLE
from mash_tools.bench.machine import Machine
from mash_tools.bench.measured import Result
from mash_tools.ports import free_port
from mash_tools.progress import Progress

TOKENS = 10_000
TIMES_ENVOY: Final = 1.25
"""The goal: at most so many times Envoy's processor time and p99."""
TIMES_GO: Final = 3.0
"""The goal: at least so many times the requests a second of a Go ReverseProxy that verifies each time."""
LIFE: Final = 7200
"""Seconds: no token ends meanwhile, nor what it is exchanged for."""


async def run(cities: Path, say: Progress, *, tokens: int = TOKENS) -> Result:
    """Each request with the next of many tokens. Raises LauncherError."""
    machine = Machine.here()
    issuer = Issuer("RS256", LIFE)
    issuer.clock = system_clock
    with ExitStack() as stack:
        stack.callback(issuer.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-bench-")))
        say(f"signing {tokens} tokens")
        sent = folder / "tokens"
        sent.write_text("\n".join(_token(issuer) for _ in range(tokens)), encoding="ascii")
        port = free_port()
        behind = doors.module(folder, "module behind them", port, "/")
        asked, notes = _doors(folder, port, issuer, cities)
        await doors.measure(behind, asked, str(sent), tokens, say)
    about = {
        "tokens": tokens,
        "connections": doors.CONNECTIONS,
        "rounds": doors.ROUNDS,
        "seconds": doors.SECONDS,
        "sampled": doors.SAMPLED,
    }
    rows = doors.rows(asked, TIMES_ENVOY, (golang.NAME, TIMES_GO))
    return Result("gateway", about, rows, doors.versions_of(asked), machine, notes)


def _doors(folder: Path, module: int, issuer: Issuer, cities: Path) -> tuple[list[Door], list[str]]:
    direct, gateway, other, plain, go = (free_port() for _ in range(5))
    path = f"/{TENANT}{PATH}/items"
    told = doors.environment(folder, issuer, cities)
    asked = [
        doors.module(folder, "module", direct, path),
        Door.of(
            folder, "gateway", gateway, path, *doors.FRONT, "gateway", str(gateway), str(module), env=told
        ),
    ]
    checks = peers.token_checks(issuer.url, TENANT)
    others, notes = peers.doors(folder, path, {"Envoy": other, "nginx": plain}, module, checks)
    third, why = golang.door(folder, path, go, module, issuer.url)
    return [*asked, *others, *third], [*notes, *why]


def _token(issuer: Issuer) -> str:
    return issuer.token(tenant=TENANT, audience=AUDIENCE, now=datetime.now(UTC), roles=[ROLE])
