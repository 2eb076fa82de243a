# SPDX-License-Identifier: EUPL-1.2
"""What a service reads in batches: one line for a stream, as a subscription is one for an event.

A stream keeps no marks of what was handled, as the inbox does for events: it carries thousands of messages in
the time of one event, most of which a reader only looks at, and a mark for each would cost more than handling
it. Its messages have ids of their source, by which a handler's effect is idempotent (conformance tries that).
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, get_type_hints

from google.protobuf.message import Message

from mash_sdk.kafka.binding import Binding, HandlerError
from mash_sdk.kafka.subscriptions import Limit, Retry
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names
from mash_sdk.streams import stream_of

M = TypeVar("M", bound=Message)
Handler = Callable[..., Awaitable[None]]
H = TypeVar("H", bound=Handler)

ALONE: Final = Retry(times=2, first=0.2, factor=4, longest=2)
"""For a message that fails by itself: soon, for the stream waits."""
IN_A_ROW: Final = Limit()


@dataclass(frozen=True, slots=True)
class Delivered(Generic[M]):
    """A stream's message and what is known about it."""

    message: M
    tenant: str
    id: str
    """Unique per record that was sent; a message that its source sent twice has two."""
    time: datetime
    """When it was sent."""
    journey: str = ""
    traceparent: str = ""
    """The span that sent it: what one message of the batch leads to goes on in its trace."""


class Stream(Generic[M]):
    """A stream, of the service itself or of another one (`reads`), and who handles its batches.

    The handler gets `Sequence[Delivered[M]]` and a unit. With `by_tenant` all messages are one tenant's, each
    key's in order, and so is the unit; with `batches` they are mixed, and the unit is the worker role's.
    A batch may come again in whole or in part, so its effect has to be idempotent. If the handler raises,
    the batch is halved until what it fails at stands alone: that message goes to the dead letter topic
    with its reason, the others are handled.
    """

    def __init__(
        self,
        message: type[M],
        group: str,
        *,
        retry: Retry = ALONE,
        stop_after: Limit = IN_A_ROW,
    ) -> None:
        """`group` is the service's name. `retry` is for a message that fails alone, before it is dead."""
        self.message = message
        self.group = group
        self.retry = retry
        self.stop_after = stop_after
        self.topic = stream_of(message).topic
        self.apart = False
        """Each tenant's messages are handled in a unit of its own."""
        self._handler: Handler | None = None

    @property
    def message_type(self) -> str:
        """The protobuf full name."""
        return self.message.DESCRIPTOR.full_name

    @property
    def consumer_group(self) -> str:
        """Apart from the group of the service's events: neither waits for the other's rebalances.

        `winter.sensors.observations` is the module winter, reading a stream of the service sensors.
        """
        about = stream_of(self.message)
        whose = "" if about.service == self.group else f"{about.service}."
        return f"{self.group}.{whose}{about.stream}"

    def batches(self, handler: H) -> H:
        """Make a coroutine the handler: `handler(batch, …)`; all but the batch is found by annotation.

        Its unit is of the worker role, which sees every tenant: it keeps them apart itself, and says with
        `Cause` whose an event is. Raises HandlerError if its signature cannot be served.
        """
        return self._register(handler)

    def by_tenant(self, handler: H) -> H:
        """As `batches`, but called for each tenant by itself, in a unit that sees only that tenant's rows.

        What fails of one tenant's holds up no other's.
        """
        self.apart = True
        return self._register(handler)

    def _register(self, handler: H) -> H:
        called: Callable[..., Any] = handler
        if not inspect.iscoroutinefunction(called):
            raise HandlerError(handler, "must be `async def`")
        if self._handler is not None:
            raise HandlerError(
                handler, f"{self.message_type} already has the handler {self._handler.__qualname__}"
            )
        first = next(iter(get_type_hints(handler).values()), None)
        if self.message not in _arguments(first):
            raise HandlerError(
                handler, f"its first parameter must be Sequence[Delivered[{self.message_type}]]"
            )
        self._handler = handler
        return handler

    def bind(self, provides: Mapping[type, object]) -> "BoundStream":
        """Resolve what the handler asks for. Raises HandlerError naming what is missing."""
        if self._handler is None:
            raise HandlerError(self.bind, f"{self.message_type} has no handler")
        binding = Binding.of(self._handler, 1, provides)
        if binding.context is not None:
            raise HandlerError(self._handler, "asks for an EventContext, but a batch has many")
        return BoundStream(self, binding)


@dataclass(frozen=True, slots=True)
class BoundStream:
    """A stream, ready to be consumed."""

    stream: Stream[Any]
    handler: Binding


def stream_faults(
    manifest: Manifest, read: Iterable[type[Message]], written: Iterable[type[Message]]
) -> list[str]:
    """Where a Program's streams and module.toml disagree, and what it writes that is another's to write."""
    faults = []
    for message in (*read, *written):
        if message.DESCRIPTOR.full_name not in {*manifest.streams, *manifest.reads}:
            key = "streams" if stream_of(message).service == manifest.name else "reads"
            faults.append(f"{key} lacks {message.DESCRIPTOR.full_name}, which the Program uses")
    faults += [
        f"{message.DESCRIPTOR.full_name} is written, but its stream is that of {stream_of(message).service}"
        for message in written
        if stream_of(message).service != manifest.name
    ]
    used = {message.DESCRIPTOR.full_name for message in (*read, *written)}
    for key, names in (("streams", manifest.streams), ("reads", manifest.reads)):
        for name in names:
            if name not in used:
                faults.append(f"{key} names {name}, which the Program does not use")
            elif name.startswith(f"{Names(manifest.name).proto}.") != (key == "streams"):
                faults.append(f"{key} names {name}; streams are its own, reads are other services'")
    return faults


def _arguments(annotation: Any) -> list[Any]:
    """A generic's arguments, those of arguments too."""
    inner = list(getattr(annotation, "__args__", ()))
    return inner + [deeper for argument in inner for deeper in _arguments(argument)]
