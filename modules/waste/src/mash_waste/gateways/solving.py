# SPDX-License-Identifier: EUPL-1.2
"""The solver in a process of its own: nothing else waits for it, and who stops waiting ends the search."""

import asyncio
import tempfile
from pathlib import Path

from mash_sdk.blocking import in_process
from mash_sdk.problems import Conflict
from mash_waste.gateways.tour_solver import Budget, Unsolved, solve
from mash_waste.model.touring.plan import Plan
from mash_waste.model.touring.problem import Problem
from mash_waste.service.touring import NO_PLAN


class TourSolver:
    async def solve(self, problem: Problem, seconds: float) -> Plan:
        """Raise Conflict where no plan is found."""
        with tempfile.TemporaryDirectory(prefix="mash-waste-") as folder:
            stop = Path(folder) / "stop"
            search = asyncio.ensure_future(in_process(solve, problem, Budget(seconds, stop=stop)))
            try:
                return await asyncio.shield(search)
            except Unsolved as none:
                raise Conflict(str(none), kind=NO_PLAN) from none
            except asyncio.CancelledError:
                # The worker sees the file within some steps; only then may its folder go.
                stop.touch()
                await asyncio.wait([search])
                raise
