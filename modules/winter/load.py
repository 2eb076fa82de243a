# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load winter`: readers, drivers on their tours, dispatchers."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from mash_sdk.load import Person, Unexpected, Visitor, task

PLANS = "/api/winter/v1/plans"
PLAN = "/api/winter/v1/plans/{plan}"
TICKS = "/api/winter/v1/plans/{plan}/ticks"
TOUR = "/winter/gritting/{plan}/{vehicle}"


class Reader(Visitor):
    weight = 12

    @task(2)
    def look(self) -> None:
        self.page("/winter")

    @task()
    def ask_for_warnings(self) -> None:
        self.api("GET", "/api/winter/v1/warnings")


class Driver(Person):
    """One tour at a time: street by street, until there is a newer plan."""

    role = "driver"
    weight = 6
    pause = (1.0, 4.0)
    plan = ""
    vehicle = ""
    ahead: Sequence[str] = ()

    def begin(self) -> None:
        super().begin()
        self.ticked: list[tuple[str, str]] = []

    @task(5)
    def tick_off(self) -> None:
        if not self.ahead:
            self._take_a_tour()
        for street in self.ahead[:1]:
            self.api("POST", TICKS, json={"task": street}, expect=200, plan=self.plan)
            self.ahead = self.ahead[1:]
            self.ticked.append((self.plan, street))

    @task(2)
    def look_at_the_tour(self) -> None:
        if self.plan:
            self.page(TOUR, plan=self.plan, vehicle=self.vehicle)

    @task()
    def is_what_was_ticked_off_kept(self) -> None:
        for plan, street in self.ticked[-1:]:
            if street not in self.api("GET", PLAN, plan=plan).json()["gritted"]:
                raise Unexpected(f"{street} was ticked off, and is not")

    def _take_a_tour(self) -> None:
        newest = self.api("GET", PLANS, query={"limit": "1"}).json()["items"]
        for one in newest:
            whole = self.api("GET", PLAN, plan=one["id"]).json()
            tours = [tour for tour in whole["tours"] if _streets(tour)]
            if tours:
                tour = random.choice(tours)
                self.plan, self.vehicle, self.ahead = one["id"], tour["vehicle"], _streets(tour)


class Dispatcher(Person):
    role = "dispatcher"
    pause = (2.0, 6.0)

    def begin(self) -> None:
        super().begin()
        self.plan_tours()

    @task()
    def plan_tours(self) -> None:
        self.plan = str(self.api("POST", PLANS, json={"priorities": [1, 2]}, expect=201).json()["id"])

    @task(6)
    def look_at_the_plan(self) -> None:
        self.page("/winter/gritting/{plan}", plan=self.plan)

    @task(3)
    def look_at_all_plans(self) -> None:
        self.page("/winter/gritting")


def _streets(tour: Mapping[str, Any]) -> list[str]:
    return [step["task"] for step in tour["steps"] if step["kind"] == "grit"]
