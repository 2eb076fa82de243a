# SPDX-License-Identifier: EUPL-1.2
"""Long-lived exchanges (WebSockets, server-sent events): how many there may be, and how they end together."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mash_portal_gw.edge.connection import Headers
from mash_portal_gw.edge.headers import value_of
from mash_portal_gw.edge.limits import client_key
from mash_portal_gw.model.origin import Origin
from mash_portal_gw.signals import REFUSED_BY_LIMIT, STREAMS, STREAMS_ENDED
from mash_sdk.problems import TooMany, Unavailable
from mash_sdk.telemetry import count, current

SOON: Final = 30
"""Seconds after which a client that holds too many may try again."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """So many of one client and on one instance of a module; seconds without a byte, and altogether."""

    each: int = 100
    instance: int = 1000
    idle: float = 300.0
    longest: float = 3600.0


class Stream:
    """One of them, from its beginning until it leaves."""

    def __init__(self, streams: "Streams", kind: str, client: str, origin: Origin) -> None:
        self._streams = streams
        self._telemetry = current()
        self.kind = kind
        self.client = client
        self.origin = origin
        self.end: Callable[[], None] = _nothing
        """Ends it in good order, from outside: this gateway stops."""

    def leave(self, reason: str) -> None:
        """It is over; said again, it changes nothing."""
        self._streams.forget(self)
        if self._telemetry is not None and self.kind:
            meters = self._telemetry.meters
            meters.count(STREAMS_ENDED, 1, {"mash.stream": self.kind, "mash.reason": reason})
            meters.record(STREAMS, self._streams.of_kind[self.kind], {"mash.stream": self.kind})
        self.kind = ""


class Streams:
    """All that are open here."""

    def __init__(self, limits: StreamLimits) -> None:
        self.limits = limits
        self._open: set[Stream] = set()
        self._of_client: Counter[str] = Counter()
        self._of_origin: Counter[Origin] = Counter()
        self.of_kind: Counter[str] = Counter()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, kind: str, client: str, origin: Origin) -> Stream:
        """Count another one in. Raises TooMany or Unavailable."""
        key = client_key(client)
        if self._of_client[key] >= self.limits.each:
            count(REFUSED_BY_LIMIT, attributes={"mash.limit": "streams"})
            raise TooMany(
                f"Höchstens {self.limits.each} dauernde Verbindungen sind erlaubt.", retry_after=SOON
            )
        if self._stopping or self._of_origin[origin] >= self.limits.instance:
            raise Unavailable("Dieser Dienst ist gerade überlastet.", kind="overloaded", retry_after=SOON)
        stream = Stream(self, kind, key, origin)
        self._open.add(stream)
        for counter, of in ((self._of_client, key), (self._of_origin, origin), (self.of_kind, kind)):
            counter[of] += 1  # type: ignore[index]
        telemetry = current()
        if telemetry is not None:
            telemetry.meters.record(STREAMS, self.of_kind[kind], {"mash.stream": kind})
        return stream

    def forget(self, stream: Stream) -> None:
        if stream not in self._open:
            return
        self._open.discard(stream)
        _less(self._of_client, stream.client)
        _less(self._of_origin, stream.origin)
        self.of_kind[stream.kind] -= 1

    def end_all(self) -> None:
        """This gateway stops: nothing new, and what is open ends in good order."""
        if self._stopping:
            return
        self._stopping = True
        for stream in list(self._open):
            stream.end()


def is_event_stream(headers: Headers) -> bool:
    """Whether an answer is of server-sent events (HTML, 9.2)."""
    kind = value_of(headers, b"content-type") or b""
    return kind.partition(b";")[0].strip().lower() == b"text/event-stream"


def _less(counter: Counter[str] | Counter[Origin], key: str | Origin) -> None:
    counter[key] -= 1  # type: ignore[index]
    if counter[key] <= 0:  # type: ignore[index]
        del counter[key]


def _nothing() -> None:
    """Until it is known how it ends."""
