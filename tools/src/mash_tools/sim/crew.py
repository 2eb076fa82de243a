# SPDX-License-Identifier: EUPL-1.2
"""The dispatcher, who plans when enough is slippery, and drivers, who follow the newest plan and tick off."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mash_tools.sim.files import DISPATCHER, DRIVER
from mash_tools.sim.portal import Portal
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.stores import Stores

PLANS: Final = "/api/winter/v1/plans"
LOOK: Final = 1.0
"""Seconds between two looks whether there is a newer plan."""


@dataclass
class Work:
    """What is known of the tours."""

    plan: Mapping[str, Any] | None = None
    plans: int = 0
    solved: float = 0.0
    """Seconds the dispatcher waited for the first plan."""
    gritted: dict[str, float] = field(default_factory=dict)
    """Segment → when, POSIX seconds."""
    at: dict[str, str] = field(default_factory=dict)
    """Vehicle → what it does."""
    changed: float = 0.0
    """When the newest plan was found (POSIX seconds)."""

    @property
    def open(self) -> int:
        """Tasks of the newest plan that are not ticked off."""
        return len(tasks(self.plan)) - len(self.plan["gritted"]) if self.plan else 0

    @property
    def done(self) -> bool:
        return self.plan is not None and self.open == 0


def tasks(plan: Mapping[str, Any]) -> Mapping[str, str]:
    """Task → segment."""
    steps = (step for tour in plan["tours"] for step in tour["steps"])
    return {step["task"]: step["arc"].rstrip("<>") for step in steps if step["kind"] == "grit"}


class Crew:
    def __init__(self, portal: Portal, scenario: Scenario, stores: Stores) -> None:
        self._portal, self._scenario, self._stores = portal, scenario, stores
        self.work = Work()

    async def plan(self) -> None:
        """As the dispatcher: tours for the scenario's priorities, from now on."""
        began = time.monotonic()
        body = {"priorities": list(self._scenario.tours.priorities)}
        self._take(await self._portal.post(PLANS, body, DISPATCHER))
        self.work.solved = time.monotonic() - began

    async def follow(self) -> None:
        """Look for newer plans, until cancelled: the platform makes them when a street turns icy."""
        while True:
            [newest] = (await self._portal.get(f"{PLANS}?limit=1", DISPATCHER))["items"] or [None]
            if newest is not None and (self.work.plan is None or newest["id"] != self.work.plan["id"]):
                self._take(await self._portal.get(f"{PLANS}/{newest['id']}", DISPATCHER))
            await asyncio.sleep(LOOK)

    def _take(self, plan: Mapping[str, Any]) -> None:
        if self.work.plan is None or plan["id"] > self.work.plan["id"]:
            self.work.plan, self.work.changed = plan, time.time()
            self.work.plans += 1

    async def drive(self, vehicle: str) -> None:
        """As a driver: do what the newest plan says at its time, until cancelled."""
        known, at = "", 0
        while True:
            plan = self.work.plan
            if plan is None:
                await asyncio.sleep(LOOK / 4)
                continue
            if plan["id"] != known:
                known, at = plan["id"], 0
            steps: Sequence[Mapping[str, Any]] = next(
                (one["steps"] for one in plan["tours"] if one["vehicle"] == vehicle), []
            )
            if at >= len(steps):
                self.work.at[vehicle] = "is back"
                await asyncio.sleep(LOOK / 4)
                continue
            step = steps[at]
            if await self._arrives(step, known):
                await self._do(vehicle, step, plan)
                at += 1

    async def _arrives(self, step: Mapping[str, Any], known: str) -> bool:
        """False: there is a newer plan meanwhile."""
        until = datetime.fromisoformat(step["until"]).timestamp()
        while (left := until - time.time()) > 0:
            await asyncio.sleep(min(left, LOOK / 4))
            if self.work.plan is not None and self.work.plan["id"] != known:
                return False
        return True

    async def _do(self, vehicle: str, step: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
        if step["kind"] == "refill":
            self._stores.take(step["station"], step["salt"])
            self.work.at[vehicle] = f"takes {step['salt']} kg at {step['station']}"
        elif step["kind"] == "grit":
            done = await self._portal.post(f"{PLANS}/{plan['id']}/ticks", {"task": step["task"]}, DRIVER)
            plan["gritted"].update(done)
            self.work.gritted[step["arc"].rstrip("<>")] = time.time()
            self.work.at[vehicle] = f"grits {step['arc'].rstrip('<>')}"
