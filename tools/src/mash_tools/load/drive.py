# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_tools.load.drive PLAN`, in Locust's environment: makes the load, then looks what is stored.

A process of its own from its first line on: importing Locust replaces sockets and threads by gevent's.
"""

import locust  # isort: skip — before all else: it patches what the others import

import logging
import platform
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
from locust import stats
from locust.env import Environment
from locust.event import Events
from locust.html import get_html_report
from locust.runners import Runner

from mash_sdk.load import Person, Unexpected
from mash_sdk.load.answers import Failed
from mash_sdk.load.ledger import Ledger, Verdict
from mash_sdk.load.users import Login, Place, Visitor
from mash_tools.load.plan import Outcome, Plan, Step
from mash_tools.load.profile import Kind, kinds_of, tasks_of
from mash_tools.load.wire import LocustWire

RAMP, LONGEST_RAMP = 0.2, 30.0
"""The share of the time in which the users come, at most so many seconds."""
FINISH = 30.0
"""Seconds in which a task that has begun may be brought to its end."""
SETTLE = 10.0
"""Seconds after which what was acknowledged has to be there."""
TOLD_EVERY = 5.0
ALL = "all steps"
BUSY = 0.85
"""The share of one core from which on the load itself waits for its turn."""

Tally = dict[str, list[str]]


class Crowd:
    """All users of the run: whom they log in as, and where each stands."""

    def __init__(self, plan: Plan, environment: Environment) -> None:
        self.ledger = Ledger()
        self.kinds = kinds_of(Path(plan.profile))
        self._plan = plan
        self._environment = environment
        self._taken: dict[str, int] = defaultdict(int)
        self._logins: dict[str, Login] = {}
        self._before: Tally = defaultdict(list)
        self._begun: set[int] = set()
        self.users = [user for kind in self.kinds for user in self._of(kind)]
        self._waiting = self.users.copy()

    def _of(self, kind: Kind) -> list[Visitor]:
        return [self._user(kind) for _ in range(self._plan.counts[kind.__name__])]

    def _user(self, kind: Kind) -> Visitor:
        number = sum(self._taken.values())
        # 198.18.0.0/15 is set apart for measuring (RFC 2544): nobody has these addresses.
        address = f"198.18.{number // 250}.{number % 250 + 1}" if self._plan.addresses else ""
        return kind(Place(self._plan.url, address), self._wire(), self.ledger, self._login(kind.role))

    def _wire(self) -> LocustWire:
        return LocustWire(self._environment, self._plan.hosts)

    def _login(self, role: str) -> Login | None:
        taken = self._taken[role]
        self._taken[role] += 1
        if not role:
            return None
        logins = self._plan.logins[role]
        username, password = logins[taken % len(logins)]
        return self._logins.setdefault(username, Login(username, password))

    def next(self, kind: Kind) -> Visitor:
        """A user of this kind who has not come yet."""
        found = next(user for user in self._waiting if type(user) is kind)
        self._waiting.remove(found)
        return found

    def let_begin(self, user: Visitor) -> None:
        """Once for each user; tried again if it did not work."""
        if id(user) not in self._begun:
            user.begin()
            self._begun.add(id(user))

    def look_before(self) -> None:
        """What is stored already for logins that were used before this run. Raises Unexpected."""
        for user in () if self._plan.fresh else self._one_of_each_account():
            if isinstance(user, Person):
                # One who looks only: the login of those who come later is part of the load.
                twin = type(user)(user.place, self._wire(), self.ledger, user.login)
                twin.counted = False
                twin.begin()
                _add(self._before, twin)

    def look_after(self) -> tuple[list[Verdict], list[str]]:
        """What is stored now; and who could not be asked. What is missing may still be on its way."""
        deadline = time.monotonic() + SETTLE
        while True:
            stored: Tally = defaultdict(list)
            silent = []
            for user in self._one_of_each_account():
                try:
                    user.counted = False
                    _add(stored, user)
                except Unexpected as err:
                    silent.append(f"What is stored for a {type(user).__name__} could not be read: {err}")
            verdicts = self.ledger.compare(stored, self._before)
            if not any(verdict.lost for verdict in verdicts) or time.monotonic() > deadline:
                return verdicts, silent
            gevent.sleep(1)

    def _one_of_each_account(self) -> list[Visitor]:
        return list({(type(user), user.account or id(user)): user for user in self.users}.values())


def _add(tally: Tally, user: Visitor) -> None:
    for kind, numbers in user.stored().items():
        tally[kind] += numbers


def as_locust(kind: Kind, count: int, crowd: Crowd) -> type[locust.User]:
    """The kind as Locust runs it: each of its tasks begins with the login, if that has not worked yet."""

    def does(task: str) -> Callable[[Any], None]:
        def run(user: Any) -> None:
            user.who = user.who or crowd.next(kind)
            try:
                crowd.let_begin(user.who)
                getattr(user.who, task)()
            except Failed:
                return
            except Exception as err:  # noqa: BLE001 — also a fault in load.py is a failure that is told
                why = str(err) if isinstance(err, Unexpected) else f"{type(err).__name__}: {err}"
                _failed(user.environment, f"{kind.__name__}.{task}", why)

        run.__name__ = task  # Locust's report names it so
        return run

    body = {
        "tasks": {does(name): weight for name, weight in tasks_of(kind).items()},
        "wait_time": lambda _user: random.uniform(*kind.pause),  # noqa: S311 — no secret
        "fixed_count": count,
        "who": None,
    }
    return type(kind.__name__, (locust.User,), body)


def _failed(environment: Environment, name: str, why: str) -> None:
    environment.events.request.fire(
        request_type="TASK", name=name, response_time=0, response_length=0, exception=why, context={}
    )


def drive(plan: Plan) -> None:
    """Make the load and write what was found; the report has Locust's charts."""
    # Exact milliseconds, not two digits: goals are compared with them.
    stats.bucket_response_time = round
    stats.HISTORY_STATS_INTERVAL_SEC = 1
    environment = Environment(events=Events(), host=plan.url, stop_timeout=FINISH, locustfile=plan.profile)
    crowd = Crowd(plan, environment)
    crowd.look_before()
    environment.user_classes = [as_locust(kind, plan.counts[kind.__name__], crowd) for kind in crowd.kinds]
    runner = environment.create_local_runner()
    users = sum(plan.counts.values())
    gevent.spawn(stats.stats_history, runner)
    gevent.spawn(_tell, runner)
    began, used = time.monotonic(), time.process_time()
    runner.start(users, spawn_rate=users / min(LONGEST_RAMP, max(1.0, RAMP * plan.seconds)))
    gevent.sleep(plan.seconds)
    taken, used = time.monotonic() - began, time.process_time() - used
    runner.stop()
    verdicts, notes = crowd.look_after()
    Path(plan.report).write_text(get_html_report(environment, show_download_link=False), encoding="utf-8")
    Outcome(
        taken,
        [_step(entry) for entry in environment.stats.entries.values()],
        replace(_step(environment.stats.total), name=ALL),
        [
            (f"{one.method} {one.name}", str(one.error), one.occurrences)
            for one in environment.stats.errors.values()
        ],
        [verdict.told() for verdict in verdicts],
        {"Locust": locust.__version__, "gevent": gevent.__version__, "Python": platform.python_version()},
        used / taken > BUSY,
        notes,
    ).write(Path(plan.result))
    runner.quit()


def _step(entry: stats.StatsEntry) -> Step:
    timed = entry.num_requests > 0
    p50, p95, p99 = (
        entry.get_response_time_percentile(share) if timed else None for share in (0.5, 0.95, 0.99)
    )
    return Step(f"{entry.method} {entry.name}", entry.num_requests, entry.num_failures, p50, p95, p99)


def _tell(runner: Runner) -> None:
    began = time.monotonic()
    while True:
        gevent.sleep(TOLD_EVERY)
        total = runner.stats.total
        print(
            f"{time.monotonic() - began:.0f} s: {runner.user_count} users, {total.num_requests} requests, "
            f"{total.num_failures} failed",
            flush=True,
        )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        drive(Plan.read(Path(sys.argv[1])))
    except Unexpected as unexpected:
        sys.exit(f"What is stored before the load could not be read: {unexpected}")
