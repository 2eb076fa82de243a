# SPDX-License-Identifier: EUPL-1.2
"""The solver in a process of its own: nothing else waits for it, and who stops waiting ends the search."""

import asyncio
import tempfile
from pathlib import Path

from mash_sdk.blocking import in_process
from mash_sdk.problems import Conflict
from mash_winter.gateways.tour_solver import Budget, Unsolved, solve
from mash_winter.model.routing.plan import Plan
from mash_winter.model.routing.problem import Problem
from mash_winter.service.gritting import NO_PLAN


class TourSolver:
    async def solve(self, problem: Problem, seconds: float, before: Plan | None) -> Plan:
        """Raise Conflict where no plan is found."""
        with tempfile.TemporaryDirectory(prefix="mash-winter-") as folder:
            stop = Path(folder) / "stop"
            budget = Budget(seconds, stop=stop)
            search = asyncio.ensure_future(in_process(solve, problem, budget, before))
            try:
                return await asyncio.shield(search)
            except Unsolved as none:
                raise Conflict(str(none), kind=NO_PLAN) from none
            except asyncio.CancelledError:
                # The worker sees the file within some steps; only then may its folder go.
                stop.touch()
                await asyncio.wait([search])
                raise
