# SPDX-License-Identifier: EUPL-1.2
"""Bytes → MQTT packets of a client (OASIS MQTT 3.1.1 and 5.0), bounded, no I/O; all else is Malformed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mash_sdk.storable import storable
from mash_sensors.mqtt.reasons import (
    MALFORMED,
    NO_QOS_2,
    NO_TOPIC_ALIAS,
    PROTOCOL_ERROR,
    TOO_LARGE,
    UNSUPPORTED_VERSION,
)

LARGEST: Final = 64 * 1024
"""Bytes of a packet, at most: an observation has a few hundred."""
V311, V5 = 4, 5
MOST_FILTERS: Final = 32
"""Topics in one SUBSCRIBE or UNSUBSCRIBE."""


class Malformed(Exception):
    """These bytes are no packet that a client may send here; `reason` is the standard's code (5.0, 2.4)."""

    def __init__(self, reason: int, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Connect:
    version: int
    client_id: str
    user: str | None
    password: bytes | None
    keep_alive: int
    """Seconds, 0: the client promises nothing."""


@dataclass(frozen=True, slots=True)
class Publish:
    topic: str
    payload: bytes
    qos: int
    packet_id: int
    """0 with QoS 0."""
    told: Mapping[str, str] = field(default_factory=dict)
    """User properties (5.0): the last of each name."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Disconnect:
    pass


Packet = Connect | Publish | Subscribe | Unsubscribe | Ping | Disconnect

_CONNECT, _PUBLISH, _SUBSCRIBE, _UNSUBSCRIBE, _PINGREQ, _DISCONNECT = 1, 3, 8, 10, 12, 14
_FLAGS: Final = {_CONNECT: 0, _SUBSCRIBE: 2, _UNSUBSCRIBE: 2, _PINGREQ: 0, _DISCONNECT: 0}
# How the value of each property a client may send is written (5.0, 2.2.2.2): bytes, or its kind.
_TEXT, _BYTES, _PAIR, _NUMBER = "text", "bytes", "pair", "number"
_PROPERTIES: Final[Mapping[int, int | str]] = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
    **dict.fromkeys((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F), _TEXT),
    **dict.fromkeys((0x09, 0x16), _BYTES),
    0x0B: _NUMBER,
    0x26: _PAIR,
}
_TOPIC_ALIAS: Final = 0x23


class PacketReader:
    """Takes bytes as they come. The first packet has to be CONNECT: it says how the others are written."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._version = 0

    def feed(self, data: bytes) -> None:
        self._held += data

    def next(self) -> Packet | None:
        """The next packet, None if there is no whole one yet. Raises Malformed: it is over then."""
        if len(self._held) < 2:
            return None
        length, at = self._length()
        if length is None or len(self._held) < at + length:
            return None
        first, body = self._held[0], bytes(self._held[at : at + length])
        del self._held[: at + length]
        return self._packet(first >> 4, first & 15, _Body(body))

    def _length(self) -> tuple[int | None, int]:
        """What remains of the packet in front, and where that begins. Judged before it has come."""
        if self._version == 0 and self._held[0] != _CONNECT << 4:
            raise Malformed(PROTOCOL_ERROR, "the first packet is no CONNECT")
        value = 0
        for at, byte in enumerate(self._held[1:5]):
            value |= (byte & 127) << (7 * at)
            if byte < 128:
                if value > LARGEST:
                    raise Malformed(TOO_LARGE, f"a packet of {value} bytes")
                return value, at + 2
        if len(self._held) >= 5:
            raise Malformed(MALFORMED, "a length of more than four bytes")
        return None, 0

    def _packet(self, kind: int, flags: int, body: "_Body") -> Packet:
        if kind != _PUBLISH and _FLAGS.get(kind) != flags:
            raise Malformed(PROTOCOL_ERROR, f"packet type {kind} with flags {flags}")
        match kind:
            case 1:
                return self._connect(body)
            case 3:
                return self._publish(flags, body)
            case 8 | 10:
                return self._topics(kind, body)
            case 12:
                body.end()
                return Ping()
            case _:
                return Disconnect()

    def _connect(self, body: "_Body") -> Connect:
        if self._version:
            raise Malformed(PROTOCOL_ERROR, "a second CONNECT")
        name, version = body.text(), body.number(1)
        if name != "MQTT" or version not in (V311, V5):
            raise Malformed(UNSUPPORTED_VERSION, "neither MQTT 3.1.1 nor 5.0")
        flags, keep_alive = body.number(1), body.number(2)
        if flags & 1:
            raise Malformed(MALFORMED, "a reserved flag is set")
        if version == V5:
            body.properties()
        client_id = body.text()
        if flags & 4:  # a last will: read and not kept, README says so
            if version == V5:
                body.properties()
            body.text()
            body.bytes()
        user = body.text() if flags & 128 else None
        password = body.bytes() if flags & 64 else None
        body.end()
        self._version = version
        return Connect(version, client_id, user, password, keep_alive)

    def _publish(self, flags: int, body: "_Body") -> Publish:
        qos = flags >> 1 & 3
        if qos == 3:
            raise Malformed(MALFORMED, "QoS 3")
        topic = body.text()
        if qos == 2:
            raise Malformed(NO_QOS_2, "QoS 2 is not here")
        packet_id = body.packet_id() if qos else 0
        told = body.properties() if self._version == V5 else {}
        return Publish(topic, body.rest(), qos, packet_id, told)

    def _topics(self, kind: int, body: "_Body") -> Subscribe | Unsubscribe:
        packet_id = body.packet_id()
        if self._version == V5:
            body.properties()
        filters: list[str] = []
        while body.left:
            if len(filters) == MOST_FILTERS:
                raise Malformed(TOO_LARGE, f"more than {MOST_FILTERS} topics")
            filters.append(body.text())
            if kind == _SUBSCRIBE and (body.number(1) & 3) == 3:
                raise Malformed(MALFORMED, "QoS 3")
        if not filters:
            raise Malformed(PROTOCOL_ERROR, "no topic")
        return (Subscribe if kind == _SUBSCRIBE else Unsubscribe)(packet_id, tuple(filters))


class _Body:
    """A packet's bytes, read from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise Malformed(MALFORMED, "it ends too soon")
        self._at += size
        return self._data[self._at - size : self._at]

    def rest(self) -> bytes:
        return self.take(self.left)

    def end(self) -> None:
        if self.left:
            raise Malformed(MALFORMED, "bytes behind the end")

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def packet_id(self) -> int:
        found = self.number(2)
        if found == 0:
            raise Malformed(PROTOCOL_ERROR, "packet identifier 0")
        return found

    def bytes(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        try:
            found = self.bytes().decode()
        except UnicodeDecodeError:
            raise Malformed(MALFORMED, "a text that is no UTF-8") from None
        if not storable(found):
            raise Malformed(MALFORMED, "a text with a character that no text has")
        return found

    def properties(self) -> dict[str, str]:
        """Those that the client made itself; of the others only that they can be read (5.0, 2.2.2)."""
        size = self._variable()
        inner = _Body(self.take(size))
        told: dict[str, str] = {}
        while inner.left:
            number = inner._variable()
            match _PROPERTIES.get(number):
                case None:
                    raise Malformed(MALFORMED, f"property {number}")
                case int(width):
                    inner.take(width)
                case "pair":
                    name = inner.text()
                    told[name] = inner.text()
                case "number":
                    inner._variable()
                case "text":
                    inner.text()
                case _:
                    inner.bytes()
            if number == _TOPIC_ALIAS:
                raise Malformed(NO_TOPIC_ALIAS, "a topic alias, and none were offered")
        return told

    def _variable(self) -> int:
        value = 0
        for at in range(4):
            byte = self.number(1)
            value |= (byte & 127) << (7 * at)
            if byte < 128:
                return value
        raise Malformed(MALFORMED, "a number of more than four bytes")
