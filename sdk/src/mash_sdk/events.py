# SPDX-License-Identifier: EUPL-1.2
"""What an event is, read from the contract: topic, key, type, and its CloudEvents envelope on Kafka.

Format: CloudEvents 1.0, Kafka protocol binding, binary content mode.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from mash.platform.v1 import options_pb2
from mash_sdk.names import Names, folder_of_proto
from mash_sdk.problems import Unreadable

MEDIA_TYPE: Final = "application/protobuf"
LARGEST: Final = 512 * 1024
"""Bytes of an event's value, at most: a fact is small, and Kafka refuses records above 1 MiB."""

Headers = Sequence[tuple[str, bytes]]
E = TypeVar("E", bound=Message)

# The stubs of protobuf know extensions by a class that its generator does not emit.
_EVENT_KEY: Final[Any] = options_pb2.event_key
_PERSONAL: Final[Any] = options_pb2.personal


class NotAnEvent(TypeError):
    """The message type is no event of the contract, or must not be one; the text says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact and what is known about it, as it travels on Kafka."""

    id: str
    """Unique per fact. The same id delivered twice is the same fact."""
    type: str
    """The protobuf full name, for example `mash.forms.v1.ApplicationSubmitted`."""
    tenant: str
    key: str
    """The aggregate: Kafka key and `ce_subject`. Order is kept within it."""
    time: datetime
    source: str
    value: bytes
    journey: str = ""
    traceparent: str = ""

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers. What is empty is left out."""
        fields = {
            "content-type": MEDIA_TYPE,
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": self.time.isoformat(),
            "ce_subject": self.key,
            "ce_tenant": self.tenant,
            "ce_journey": self.journey,
            "traceparent": self.traceparent,
        }
        return [(name, value.encode()) for name, value in fields.items() if value]

    @classmethod
    def read(cls, key: bytes | None, value: bytes | None, headers: Headers) -> "Envelope":
        """Read a record. Raise Unreadable, naming what is missing, if it is none of ours."""
        texts = header_texts(headers)
        for name in ("ce_id", "ce_type", "ce_tenant", "ce_time", "ce_source"):
            if not texts.get(name):
                raise Unreadable(f"header {name} is missing")
        if value is None:
            raise Unreadable("the record has no value")
        if not key:
            raise Unreadable("the record has no key")
        if texts.get("content-type", MEDIA_TYPE) != MEDIA_TYPE:
            raise Unreadable(f"content-type is {texts['content-type']!r}, not {MEDIA_TYPE}")
        try:
            time = datetime.fromisoformat(texts["ce_time"])
            name = key.decode()
        except ValueError as err:
            raise Unreadable("ce_time or the key cannot be read") from err
        if time.tzinfo is None:
            raise Unreadable("ce_time has no zone")
        return cls(
            id=texts["ce_id"],
            type=texts["ce_type"],
            tenant=texts["ce_tenant"],
            key=name,
            time=time,
            source=texts["ce_source"],
            value=value,
            journey=texts.get("ce_journey", ""),
            traceparent=texts.get("traceparent", ""),
        )


def header_texts(headers: Headers) -> dict[str, str]:
    """Headers as text; what is not UTF-8 is shown with replacement characters."""
    return {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}


def envelope_of(
    event: Message, *, event_id: str, tenant: str, time: datetime, journey: str = "", traceparent: str = ""
) -> Envelope:
    """Wrap a fact. Raise NotAnEvent for what the contract does not allow to be announced."""
    return wrap(event, key_of(event), event_id, tenant, time, journey=journey, traceparent=traceparent)


def wrap(
    message: Message,
    key: str,
    message_id: str,
    tenant: str,
    time: datetime,
    *,
    journey: str = "",
    traceparent: str = "",
) -> Envelope:
    """An envelope around a message whose topic and key are settled. Raise ValueError if it is too large."""
    descriptor = message.DESCRIPTOR
    value = message.SerializeToString(deterministic=True)
    if len(value) > LARGEST:
        raise ValueError(f"{descriptor.full_name} has {len(value)} bytes; a record has at most {LARGEST}")
    return Envelope(
        id=message_id,
        type=descriptor.full_name,
        tenant=tenant,
        key=key,
        time=time,
        source=f"/mash/{folder_of_proto(descriptor.file.package)}",
        value=value,
        journey=journey,
        traceparent=traceparent,
    )


def open_envelope(envelope: Envelope, event: type[E]) -> E:
    """The fact inside. Raise Unreadable if the bytes are not of that type."""
    try:
        return event.FromString(envelope.value)
    except DecodeError as err:
        raise Unreadable(f"the value is no {event.DESCRIPTOR.full_name}") from err


def topic_of(event: type[Message]) -> str:
    """The topic of a fact: all facts of one service share it, whatever version their message has."""
    _require_event(event.DESCRIPTOR)
    return topic_of_type(event.DESCRIPTOR.full_name)


def topic_of_type(name: str) -> str:
    """The topic from a type's full name, known here or not. ValueError if it is none of this platform."""
    return Names(folder_of_proto(name.rpartition(".")[0])).events_topic


def key_of(event: Message) -> str:
    """The id of the aggregate the fact is about."""
    field = _require_event(event.DESCRIPTOR)
    value = getattr(event, field)
    if not value:
        raise ValueError(f"{event.DESCRIPTOR.full_name}.{field} is its key and must not be empty")
    return str(value)


@cache
def _require_event(descriptor: Descriptor) -> str:
    """The name of the key field. Raise NotAnEvent if the type may not be announced."""
    field: str = descriptor.GetOptions().Extensions[_EVENT_KEY]
    if not field:
        raise NotAnEvent(f"{descriptor.full_name} has no option (mash.platform.v1.event_key)")
    key = descriptor.fields_by_name.get(field)
    if key is None or key.type != FieldDescriptor.TYPE_STRING or key.is_repeated:
        raise NotAnEvent(f"{descriptor.full_name}: its event_key {field!r} is no string field")
    personal = list(personal_fields(descriptor))
    if personal:
        raise NotAnEvent(f"{descriptor.full_name} holds personal data: {', '.join(personal)}")
    return field


def is_event(descriptor: Descriptor) -> bool:
    return bool(descriptor.GetOptions().Extensions[_EVENT_KEY])


def personal_fields(descriptor: Any, _above: tuple[str, ...] = ()) -> Iterator[str]:
    """Names of a message descriptor's fields marked `(mash.platform.v1.personal)`, in nested messages too."""
    if descriptor.full_name in _above:
        return
    for field in descriptor.fields:
        if field.GetOptions().Extensions[_PERSONAL]:
            yield f"{descriptor.full_name}.{field.name}"
        if field.message_type:
            yield from personal_fields(field.message_type, (*_above, descriptor.full_name))


def event_types() -> Mapping[str, type[Message]]:
    """Every event of the contract that is installed here, by full name."""
    return dict(_events())


def event_type(name: str) -> type[Message] | None:
    """The event of that full name, or None if the contract installed here has none."""
    return _events().get(name)


@cache
def _events() -> Mapping[str, type[Message]]:
    found: dict[str, type[Message]] = {}
    for descriptor in contract_messages():
        if is_event(descriptor):
            found[descriptor.full_name] = message_factory.GetMessageClass(descriptor)
    return found


def contract_messages() -> Iterator[Descriptor]:
    """Every message of the contract that is installed here, but those within others."""
    for module in _contract_modules():
        yield from importlib.import_module(module).DESCRIPTOR.message_types_by_name.values()


def _contract_modules() -> Iterator[str]:
    """Every generated module under `mash.*.v*`, in all distributions that carry a part of the namespace."""
    mash: Any = importlib.import_module("mash")
    for root in dict.fromkeys(mash.__path__):
        for file in sorted(Path(root).glob("*/v*/*_pb2.py")):
            yield ".".join(("mash", *file.relative_to(root).with_suffix("").parts))


def same_event_other_version(name: str, known: Iterable[str]) -> str | None:
    """The known type that `name` is another version of: `mash.forms.v2.X` when `mash.forms.v1.X` is known."""
    plain = _without_version(name)
    return next((other for other in known if other != name and _without_version(other) == plain), None)


def _without_version(name: str) -> tuple[str, ...]:
    parts = name.split(".")
    return (*parts[:2], *parts[3:])
