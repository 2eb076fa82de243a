# SPDX-License-Identifier: EUPL-1.2
"""What the bytes of a device type mean, declared as data: no code of a device's maker runs here.

A codec can only read what it declares: every step consumes bytes of a payload that is at most 255 long.
Numbers are computed in decimals, so that 257 tenths are 25.7.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LONGEST: Final = 255
"""Bytes: no LoRaWAN frame holds more."""

CHANNEL: Final = "{channel}"
"""What stands for the channel in a field's name."""

Value = float | bool | str
Values = Mapping[str, Value]


class NotDecodable(ValueError):
    """Bytes that are none of what the codec declares; the text says where and why."""


class NotEncodable(ValueError):
    """Values that no bytes of this codec mean; the text names the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value within an item's bytes: bits of a whole number, and what that number means."""

    name: str
    """With `{channel}` in it where its item's tag has a channel."""
    at: int
    """Its first byte within the item."""
    size: int
    """1 to 8 bytes."""
    signed: bool
    little: bool
    """Whether the least byte comes first."""
    low: int
    """The lowest of its bits, 0 the least of the whole number."""
    bits: int
    scale: Decimal
    offset: Decimal
    words: Mapping[int, str]
    """What each number means, where it is no quantity."""
    truth: bool
    """Whether it says yes (not 0) or no."""
    absent: frozenset[int]
    """Numbers that say: nothing was measured."""

    def raw(self, data: bytes) -> int:
        piece = data[self.at : self.at + self.size]
        whole = int.from_bytes(piece, "little" if self.little else "big")
        found = (whole >> self.low) & ((1 << self.bits) - 1)
        return found - (1 << self.bits) if self.signed and found >> (self.bits - 1) else found

    def value(self, raw: int) -> Value | None:
        """None: nothing was measured. Raises NotDecodable for a number that means nothing."""
        if raw in self.absent:
            return None
        if self.truth:
            return bool(raw)
        if self.words:
            if raw not in self.words:
                raise NotDecodable(f"{self.name}: {raw} hat keine Bedeutung")
            return self.words[raw]
        return float(raw * self.scale + self.offset)

    def raw_of(self, value: Value) -> int:
        """The number that means the value. Raises NotEncodable if there is none."""
        if self.truth:
            raw = Decimal(int(value is True))
        elif self.words:
            raw = Decimal(next((number for number, word in self.words.items() if word == value), -1))
            if raw < 0:
                raise NotEncodable(f"{self.name}: {value!r}")
        else:
            raw = (Decimal(repr(float(value))) - self.offset) / self.scale
        least = -(1 << (self.bits - 1)) if self.signed else 0
        if raw != raw.to_integral_value() or not least <= raw < least + (1 << self.bits):
            raise NotEncodable(f"{self.name}: {value!r}")
        return int(raw)

    def put(self, raw: int, data: bytearray) -> None:
        order = "little" if self.little else "big"
        whole = int.from_bytes(data[self.at : self.at + self.size], order)  # type: ignore[arg-type]
        whole |= (raw & ((1 << self.bits) - 1)) << self.low
        data[self.at : self.at + self.size] = whole.to_bytes(self.size, order)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Item:
    """Bytes of a known length. In a tagged message its tag stands before it."""

    tag: bytes
    """Empty in a message of one item."""
    channel: bool
    """Whether any byte, the channel, stands before the tag."""
    size: int
    fields: Sequence[Field]

    def begins(self, data: bytes) -> bool:
        return data[self.channel :].startswith(self.tag)

    @property
    def head(self) -> int:
        return len(self.tag) + self.channel

    def read(self, data: bytes, channel: int) -> Iterator[tuple[str, Value]]:
        for field in self.fields:
            value = field.value(field.raw(data))
            if value is not None:
                yield field.name.replace(CHANNEL, str(channel)), value

    def write(self, values: Values, channel: int) -> bytes:
        """Raises NotEncodable for a field that is missing and cannot say so."""
        data = bytearray(self.size)
        for field in self.fields:
            value = values.get(field.name.replace(CHANNEL, str(channel)))
            if value is not None:
                field.put(field.raw_of(value), data)
            elif field.absent:
                field.put(min(field.absent), data)
            else:
                raise NotEncodable(f"{field.name} fehlt")
        return (bytes([channel]) if self.channel else b"") + self.tag + bytes(data)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of message is built: one item, or items one after another, each with its tag."""

    ports: frozenset[int]
    """Empty: any."""
    tagged: bool
    items: Sequence[Item]

    def read(self, data: bytes) -> dict[str, Value]:
        """The fields. Where items repeat a field, the last one counts. Raises NotDecodable."""
        if not self.tagged:
            item = self.items[0]
            if len(data) != item.size:
                raise NotDecodable(f"hat {len(data)} Bytes statt {item.size}")
            return dict(item.read(data, 0))
        found: dict[str, Value] = {}
        at = 0
        while at < len(data):
            rest = data[at:]
            item = self._item(rest, at)
            if len(rest) < item.head + item.size:
                raise NotDecodable(f"endet innerhalb dessen, was bei Byte {at} beginnt")
            found.update(item.read(rest[item.head : item.head + item.size], rest[0]))
            at += item.head + item.size
        return found

    def write(self, values: Values) -> bytes:
        """Bytes that mean these fields, items of more fields first. Raises NotEncodable."""
        if not self.tagged:
            return self.items[0].write(values, 0)
        left, data = dict(values), b""
        for item in sorted(self.items, key=lambda item: -len(item.fields)):
            for channel in range(256) if item.channel else (0,):
                names = {field.name.replace(CHANNEL, str(channel)) for field in item.fields}
                if names and names <= left.keys():
                    data += item.write(left, channel)
                    left = {name: value for name, value in left.items() if name not in names}
        if left:
            raise NotEncodable(f"{', '.join(sorted(left))}: nichts hat diese Felder")
        return data

    def _item(self, rest: bytes, at: int) -> Item:
        for item in self.items:
            if item.begins(rest):
                return item
        raise NotDecodable(f"hat bei Byte {at} eine unbekannte Kennung: {rest[:2].hex()}")


@dataclass(frozen=True, slots=True)
class Example:
    """Bytes and what they mean: by it a codec is tested."""

    data: bytes
    port: int | None
    fields: Values


@dataclass(frozen=True, slots=True)
class Codec:
    """A device type's messages."""

    name: str
    version: str
    title: str
    source: str | None
    """The document that says so; None: made up for the demo."""
    layouts: Sequence[Layout]
    examples: Sequence[Example]

    def decode(self, data: bytes, port: int | None) -> dict[str, Value]:
        """The fields of a payload. Raises NotDecodable."""
        if len(data) > LONGEST:
            raise NotDecodable(f"hat mehr als {LONGEST} Bytes")
        layout = self._layout(port)
        if layout is None:
            raise NotDecodable(f"kommt auf Port {port}, für den nichts erklärt ist")
        return layout.read(data)

    def encode(self, values: Values, port: int | None) -> bytes:
        """A payload that means these fields: what a simulated device sends. Raises NotEncodable."""
        layout = self._layout(port)
        if layout is None:
            raise NotEncodable(f"Port {port}")
        return layout.write(values)

    def _layout(self, port: int | None) -> Layout | None:
        return next((one for one in self.layouts if not one.ports or port in one.ports), None)

    def wrong_examples(self) -> Iterator[tuple[int, str]]:
        """Which of its examples say otherwise than the codec, and how."""
        for number, example in enumerate(self.examples):
            try:
                found = self.decode(example.data, example.port)
            except NotDecodable as fault:
                yield number, f"the payload {fault}"
            else:
                if found != dict(example.fields):
                    yield number, f"the codec reads {found}"
