# SPDX-License-Identifier: EUPL-1.2
"""What a public read costs: the gateway from memory, beside Envoy and nginx forwarding the same bytes."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from mash_sdk.clock import system_clock
from mash_sdk.testing.issuer import Issuer
from mash_tools.bench import doors, peers
from mash_tools.bench.doors import NO_TOKENS, TENANT, Door
from mash_tools.bench.front import PUBLIC
from mash_tools.bench.machine import Machine
from mash_tools.bench.measured import Result
from mash_tools.ports import free_port
from mash_tools.progress import Progress

TIMES_ENVOY: Final = 1.0
"""The goal: ahead of Envoy in processor time and p99."""


async def run(cities: Path, say: Progress) -> Result:
    """Nobody needs a token for what is public. Raises LauncherError."""
    machine = Machine.here()
    issuer = Issuer()
    issuer.clock = system_clock
    with ExitStack() as stack:
        stack.callback(issuer.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mash-bench-")))
        port = free_port()
        behind = doors.module(folder, "module behind them", port, "/")
        asked, notes = _doors(folder, port, issuer, cities)
        await doors.measure(behind, asked, NO_TOKENS, 1, say)
    about = {
        "connections": doors.CONNECTIONS,
        "rounds": doors.ROUNDS,
        "seconds": doors.SECONDS,
        "sampled": doors.SAMPLED,
    }
    return Result("edge", about, doors.rows(asked, TIMES_ENVOY), doors.versions_of(asked), machine, notes)


def _doors(folder: Path, module: int, issuer: Issuer, cities: Path) -> tuple[list[Door], list[str]]:
    direct, gateway, other, plain = (free_port() for _ in range(4))
    path = f"/{TENANT}{PUBLIC}"
    told = doors.environment(folder, issuer, cities)
    asked = [
        doors.module(folder, "module", direct, path),
        # The module it is told of is not there: what it answers comes from memory.
        Door.of(folder, "gateway", gateway, path, *doors.FRONT, "gateway", str(gateway), "9", env=told),
    ]
    others, notes = peers.doors(folder, path, {"Envoy": other, "nginx": plain}, module)
    return [*asked, *others], notes
