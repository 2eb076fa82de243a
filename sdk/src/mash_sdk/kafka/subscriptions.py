# SPDX-License-Identifier: EUPL-1.2
"""What a service listens to, readable as a table: event, handler, what to do when it fails."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from mash_sdk.events import event_types, topic_of
from mash_sdk.kafka.binding import Binding, HandlerError, check_ask, check_handler
from mash_sdk.manifest import Manifest

Handler = Callable[..., Awaitable[None]]
Ask = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed event is tried again, with pauses that grow: `first`, `first`·`factor`, … seconds.

    After `times` further tries the event is dead: it is shown on the DLQ topic and waits for a replay.
    The defaults try for about an hour and a half.
    """

    times: int = 8
    first: float = 1.0
    factor: float = 4.0
    longest: float = 1800.0

    def __post_init__(self) -> None:
        if self.times < 0 or self.first <= 0 or self.factor < 1 or self.longest < self.first:
            raise ValueError(f"{self}: times ≥ 0, first > 0, factor ≥ 1, longest ≥ first")

    def pause(self, attempts: int) -> float | None:
        """Seconds to wait after that many failed attempts (≥ 1); None: it is not tried again."""
        if attempts > self.times:
            return None
        # The exponent is bounded, so that a large `times` does not overflow.
        return float(min(self.first * self.factor ** min(attempts - 1, 64), self.longest))


@dataclass(frozen=True, slots=True)
class Limit:
    """After so many events in a row that failed at their first try the consumer stops: a bad deploy must not
    empty a topic. It then knocks with a growing pause and goes on by itself once an event succeeds.
    """

    in_a_row: int = 20

    def __post_init__(self) -> None:
        if self.in_a_row < 1:
            raise ValueError("in_a_row must be at least 1")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One line of the table."""

    event: type[Message]
    handler: Handler
    retry: Retry
    stop_after: Limit
    ask: Ask | None
    within: float
    """Seconds a question and a handling may take together."""

    @property
    def type(self) -> str:
        return self.event.DESCRIPTOR.full_name


class Subscriptions:
    """The table of one consumer group. The group is the service's name."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._table: dict[str, Subscription] = {}

    def on(
        self,
        event: type[Message],
        *,
        retry: Retry = Retry(),
        stop_after: Limit = Limit(),
        ask: Ask | None = None,
        within: float = 60.0,
    ) -> Callable[[H], H]:
        """Make a coroutine the handler of `event`. Raises HandlerError if its signature cannot be served.

        The handler gets the event first and, if there is an `ask`, its answer second. Its other parameters
        are found by annotation: `Unit`, `EventContext`, or `Annotated[T, Provide(T)]` (Program.provides).
        `ask` is a coroutine called before the unit is opened — a question to another service; it takes the
        event, `EventContext` and provided things.
        """

        def register(handler: H) -> H:
            topic_of(event)
            name = event.DESCRIPTOR.full_name
            if name in self._table:
                raise HandlerError(
                    handler, f"{name} already has the handler {self._table[name].handler.__qualname__}"
                )
            check_handler(handler, event, ask)
            if ask is not None:
                check_ask(ask, event)
            self._table[name] = Subscription(event, handler, retry, stop_after, ask, within)
            return handler

        return register

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._table.values())

    def __len__(self) -> int:
        return len(self._table)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics the group reads, sorted."""
        return tuple(sorted({topic_of(line.event) for line in self}))

    def faults(self, manifest: Manifest) -> list[str]:
        """Where the table and module.toml disagree; empty if `listens` is true and `announces` exists."""
        listens = set(manifest.listens)
        found = []
        if manifest.name != self.group:
            found.append(f"the group is {self.group!r}, but module.toml names {manifest.name!r}")
        found += [
            f"listens lacks {name}, which events.py handles" for name in sorted(self._table.keys() - listens)
        ]
        found += [
            f"listens names {name}, which events.py does not handle"
            for name in sorted(listens - self._table.keys())
        ]
        return found + announces_faults(manifest)

    def bind(self, provides: Mapping[type, object]) -> "Bound":
        """Resolve what every handler asks for. Raises HandlerError naming the handler and what is missing."""
        return Bound(
            self.group,
            {
                name: BoundSubscription(
                    line,
                    Binding.of(line.handler, 1 if line.ask is None else 2, provides),
                    None if line.ask is None else Binding.of(line.ask, 1, provides),
                )
                for name, line in self._table.items()
            },
        )


def announces_faults(manifest: Manifest) -> list[str]:
    """What `announces` of module.toml names wrongly: unknown to the contract, or another service's."""
    known = event_types()
    own = f"mash.{manifest.name.replace('-', '_')}."
    found = [
        f"announces names {name}, which the contract lacks"
        for name in manifest.announces
        if name not in known
    ]
    return found + [
        f"announces names {name}, a fact of another service"
        for name in manifest.announces
        if not name.startswith(own)
    ]


@dataclass(frozen=True, slots=True)
class BoundSubscription:
    """A line of the table with everything its handler and its question ask for."""

    line: Subscription
    handler: Binding
    ask: Binding | None


@dataclass(frozen=True, slots=True)
class Bound:
    """The table, ready to be consumed."""

    group: str
    by_type: Mapping[str, BoundSubscription]

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({topic_of(bound.line.event) for bound in self.by_type.values()}))
