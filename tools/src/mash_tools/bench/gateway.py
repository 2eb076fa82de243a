# SPDX-License-Identifier: EUPL-1.2
"""What a forwarded request costs: the complete gateway beside its module asked directly, and others."""

import sys
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


async def run(cities: Path, say: Progress, *, tokens: int = TOKENS) -> Result:
    """Each request with the next of many tokens. Raises LauncherError."""
    machine = Machine.here()
    issuer = Issuer("RS256")
    issuer.clock = system_clock
    with ExitStack() as stack:
        stack.callback(issuer.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-bench-")))
        say(f"signing {tokens} tokens")
        sent = folder / "tokens"
        sent.write_text("\n".join(_token(issuer) for _ in range(tokens)), encoding="ascii")
        asked, notes = _doors(folder, issuer, cities)
        await doors.measure(asked, str(sent), tokens, say)
    about = {
        "tokens": tokens,
        "connections": doors.CONNECTIONS,
        "rounds": doors.ROUNDS,
        "seconds": doors.SECONDS,
        "sampled": doors.SAMPLED,
    }
    rows = doors.rows(asked, TIMES_ENVOY, (golang.NAME, TIMES_GO))
    return Result("gateway", about, rows, doors.versions_of(asked), machine, notes)


def _doors(folder: Path, issuer: Issuer, cities: Path) -> tuple[list[Door], list[str]]:
    module, gateway, other, plain, go = (free_port() for _ in range(5))
    path = f"/{TENANT}{PATH}/items"
    front = [sys.executable, "-m", "mash_tools.bench.front"]
    told = doors.environment(folder, issuer, cities)
    asked = [
        Door.of(folder, "module", module, path, *front, "module", str(module)),
        Door.of(folder, "gateway", gateway, path, *front, "gateway", str(gateway), str(module), env=told),
    ]
    checks = peers.token_checks(issuer.url, TENANT)
    others, notes = peers.doors(folder, path, {"Envoy": other, "nginx": plain}, module, checks)
    third, why = golang.door(folder, path, go, module, issuer.url)
    return [*asked, *others, *third], [*notes, *why]


def _token(issuer: Issuer) -> str:
    now = datetime.now(UTC)
    ends = int(now.timestamp()) + LIFE
    return issuer.token(tenant=TENANT, audience=AUDIENCE, now=now, roles=[ROLE], exp=ends)
