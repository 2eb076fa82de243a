# SPDX-License-Identifier: EUPL-1.2
"""What is asked of many observations: by SensorThings, and the same as SQL to compare with."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mash_tools.bench.devices import TENANT
from mash_tools.bench.weather import PROPERTIES

LAST_MS, DAY_MS, COUNT_MS = 50.0, 100.0, 100.0
"""Goals, each a p95."""
_ROWS: Final = (
    "select id, phenomenon_time, number, flags, valid_until from sensors.observations where tenant = $1"
)
_COUNT: Final = "select count(*) from sensors.observations where tenant = $1"


@dataclass(frozen=True)
class Asked:
    """Of one time: the path behind SensorThings' root, and the bare statement with its arguments."""

    path: str
    statement: str
    arguments: Sequence[object]


@dataclass(frozen=True)
class Question:
    what: str
    goal: float
    """Milliseconds, p95."""
    ask: Callable[[random.Random], Asked]


class _Some:
    """Values that differ each time."""

    def __init__(self, streams: Sequence[str], begin: datetime, end: datetime) -> None:
        self._streams = streams
        self._begin = begin
        self._minutes = int((end - begin) / timedelta(minutes=1))

    def stream(self, chance: random.Random) -> str:
        return chance.choice(self._streams)

    def moment(self, chance: random.Random, days: int = 0) -> datetime:
        """Some minute, so many days before the last one."""
        return self._begin + timedelta(minutes=chance.randrange(max(1, self._minutes - days * 1440)))

    def number(self, chance: random.Random) -> float:
        return round(chance.uniform(-5, 60), 1)

    def last(self, chance: random.Random) -> Asked:
        stream = self.stream(chance)
        return Asked(
            f"/Datastreams('{stream}')/Observations?$orderby=phenomenonTime desc&$top=1",
            f"{_ROWS} and datastream_id = $2 order by phenomenon_time desc, id desc limit 1",
            [TENANT, stream],
        )

    def day(self, chance: random.Random) -> Asked:
        stream, first = self.stream(chance), self.moment(chance, days=1)
        last = first + timedelta(days=1)
        said = f"phenomenonTime ge {_z(first)} and phenomenonTime lt {_z(last)}"
        return Asked(
            f"/Datastreams('{stream}')/Observations?$filter={said}&$top=1000",
            f"{_ROWS} and datastream_id = $2 and phenomenon_time >= $3 and phenomenon_time < $4",
            [TENANT, stream, first, last],
        )

    def of_one(self, chance: random.Random) -> Asked:
        stream, above = self.stream(chance), self.number(chance)
        return _counted(
            f"result gt {above}",
            "datastream_id = $2 and number > $3",
            [stream, above],
            f"/Datastreams('{stream}')",
        )

    def since(self, chance: random.Random) -> Asked:
        first = self.moment(chance)
        return _counted(f"phenomenonTime ge {_z(first)}", "phenomenon_time >= $2", [first])

    def week(self, chance: random.Random) -> Asked:
        first, above = self.moment(chance, days=7), self.number(chance)
        last = first + timedelta(days=7)
        said = f"phenomenonTime ge {_z(first)} and phenomenonTime lt {_z(last)} and result gt {above}"
        condition = "phenomenon_time >= $2 and phenomenon_time < $3 and number > $4"
        return _counted(said, condition, [first, last, above])

    def above(self, chance: random.Random) -> Asked:
        above = self.number(chance)
        return _counted(f"result gt {above}", "number > $2", [above])

    def observed(self, chance: random.Random) -> Asked:
        name, below = chance.choice(list(PROPERTIES)), self.number(chance)
        said = f"result lt {below} and Datastream/ObservedProperty/name eq '{name}'"
        condition = (
            "number < $2 and datastream_id in (select d.id from sensors.datastreams d"
            " join sensors.observed_properties p on p.id = d.property_id where p.name = $3)"
        )
        return _counted(said, condition, [below, name])


def questions(streams: Sequence[str], begin: datetime, end: datetime) -> list[Question]:
    """Of a tenant with these Datastreams and observations from `begin` until `end`."""
    some = _Some(streams, begin, end)
    return [
        Question("the last of a Datastream", LAST_MS, some.last),
        Question("a day of a Datastream", DAY_MS, some.day),
        Question("$count: result gt, of one Datastream", COUNT_MS, some.of_one),
        Question("$count: phenomenonTime ge", COUNT_MS, some.since),
        Question("$count: a week, and result gt", COUNT_MS, some.week),
        Question("$count: result gt", COUNT_MS, some.above),
        Question("$count: an ObservedProperty, and result lt", COUNT_MS, some.observed),
    ]


def _counted(said: str, condition: str, arguments: Sequence[object], within: str = "") -> Asked:
    path = f"{within}/Observations?$count=true&$top=0&$filter={said}"
    return Asked(path, f"{_COUNT} and {condition}", [TENANT, *arguments])


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
