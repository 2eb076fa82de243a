# SPDX-License-Identifier: EUPL-1.2
"""The shape of a codec's file (cities/README.md), and its reading."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mash_sensors.model import codec
from mash_sensors.model.codec import Codec, Example, Item, Layout

SHARED: Final = "_shared"
"""The folder beside the cities' own, whose codecs all of them may use."""
FOLDER: Final = "codecs"
EXACT: Final = 48
"""Bits: 15 decimal digits, which a result (a double) keeps whatever the scale."""

Hex = Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2})*$", max_length=2 * codec.LONGEST)]
Tag = Annotated[str, StringConstraints(pattern=r"^(\?\?)?([0-9A-F]{2}){1,4}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(_\{channel\})?$", max_length=60)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Port = Annotated[int, Field(ge=1, le=255)]
Exact = Annotated[Decimal, Field(allow_inf_nan=False, ge=-1_000_000, le=1_000_000)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldEntry(Strict):
    """`bits` are the lowest and the highest of the whole number that `size` bytes are, counted from 0."""

    name: Name
    at: int = Field(0, ge=0, lt=codec.LONGEST)
    size: int = Field(1, ge=1, le=8)
    signed: bool = False
    endian: Literal["big", "little"] = "big"
    bits: tuple[int, int] | None = None
    scale: Exact = Decimal(1)
    offset: Exact = Decimal(0)
    unit: Said | None = Field(None, description="for people: what a datastream is in says its registration")
    values: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")], Said] = {}
    truth: bool = False
    absent: list[int] = []

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        low, high = self.bits or (0, self.size * 8 - 1)
        if not 0 <= low <= high < self.size * 8:
            raise PydanticCustomError("bits", "bits lie outside the field's bytes")
        if self.scale == 0:
            raise PydanticCustomError("scale", "a scale of 0 loses the value")
        if self.values and len(set(self.values.values())) < len(self.values):
            raise PydanticCustomError("values", "two values mean the same")
        if not self.values and not self.truth and high - low >= EXACT:
            raise PydanticCustomError("bits", "a quantity of more bits than {n} is not exact", {"n": EXACT})
        least = -(1 << (high - low)) if self.signed else 0
        if any(not least <= raw <= least + (1 << (high - low + 1)) - 1 for raw in self.absent):
            raise PydanticCustomError("absent", "absent names a number that these bits cannot be")
        number = self.scale != 1 or self.offset != 0 or self.signed
        if bool(self.values) + self.truth + number > 1:
            raise PydanticCustomError("meaning", "write one of values, truth, or what a number needs")
        return self

    def told(self) -> codec.Field:
        low, high = self.bits or (0, self.size * 8 - 1)
        return codec.Field(
            name=self.name,
            at=self.at,
            size=self.size,
            signed=self.signed,
            little=self.endian == "little",
            low=low,
            bits=high - low + 1,
            scale=self.scale,
            offset=self.offset,
            words={int(number): word for number, word in self.values.items()},
            truth=self.truth,
            absent=frozenset(self.absent),
        )


class ItemEntry(Strict):
    """`tag`: the bytes before it, in capital hex digits; `??` before them stands for any channel."""

    tag: Tag
    size: int = Field(ge=0, le=codec.LONGEST)
    fields: list[FieldEntry] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _within(self.fields, self.size)
        if not self.tag.startswith("??"):
            _has_no_channel(self.fields)
        return self


class MessageEntry(Strict):
    """Either `size` and `fields` (one item, always as long) or `items`."""

    ports: list[Port] = Field(default_factory=list)
    size: int | None = Field(None, ge=1, le=codec.LONGEST)
    fields: list[FieldEntry] = Field(default_factory=list, max_length=50)
    items: list[ItemEntry] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.items) == (self.size is not None):
            raise PydanticCustomError("message", "write either size and fields, or items")
        if self.items and self.fields:
            raise PydanticCustomError("message", "fields stand within items here")
        if self.size is not None:
            _within(self.fields, self.size)
            _has_no_channel(self.fields)
        tags = [item.tag for item in self.items]
        if len(set(tags)) < len(tags):
            raise PydanticCustomError("tags", "two items have the same tag")
        return self

    def told(self) -> Layout:
        if self.size is not None:
            item = Item(b"", False, self.size, [field.told() for field in self.fields])
            return Layout(frozenset(self.ports), False, [item])
        items = [
            Item(
                bytes.fromhex(entry.tag.removeprefix("??")),
                entry.tag.startswith("??"),
                entry.size,
                [field.told() for field in entry.fields],
            )
            for entry in self.items
        ]
        # A tag that is written out comes before one with any channel.
        return Layout(frozenset(self.ports), True, sorted(items, key=lambda item: item.channel))


class ExampleEntry(Strict):
    hex: Hex
    port: Port | None = None
    fields: dict[str, bool | float | str]


class CodecFile(Strict):
    """codecs/<device type>.toml: what bytes mean is a fact, it has a source or is made up for the demo."""

    version: Said
    title: Said
    source: Said | None = None
    demo: bool = False
    messages: list[MessageEntry] = Field(min_length=1, max_length=10)
    examples: list[ExampleEntry] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _says_from_where(self) -> Self:
        if self.demo == (self.source is not None):
            raise PydanticCustomError("source", "write either source (a document's title) or demo = true")
        return self

    def told(self, name: str) -> Codec:
        return Codec(
            name=name,
            version=self.version,
            title=self.title,
            source=self.source,
            layouts=[message.told() for message in self.messages],
            examples=[Example(bytes.fromhex(one.hex), one.port, dict(one.fields)) for one in self.examples],
        )


def _has_no_channel(fields: list[FieldEntry]) -> None:
    if any(codec.CHANNEL in field.name for field in fields):
        raise PydanticCustomError("channel", "only an item with ?? in its tag has a channel")


def _within(fields: list[FieldEntry], size: int) -> None:
    for field in fields:
        if field.at + field.size > size:
            raise PydanticCustomError(
                "size", "{name} lies outside the {size} bytes", {"name": field.name, "size": size}
            )
    if len({field.name for field in fields}) < len(fields):
        raise PydanticCustomError("fields", "two fields have the same name; rename one")
