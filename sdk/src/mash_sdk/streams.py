# SPDX-License-Identifier: EUPL-1.2
"""What a stream is, read from the contract: its topic, its key, and its messages' envelope on Kafka.

An event is a fact that leaves with a transaction; a stream's message leaves from a door, before anything
is stored, and is read in batches.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from mash.platform.v1 import options_pb2
from mash_sdk.events import Envelope, contract_messages, personal_fields, wrap
from mash_sdk.names import Names, folder_of_proto

# The stubs of protobuf know extensions by a class that its generator does not emit.
_STREAM: Final[Any] = options_pb2.stream
_STREAM_KEY: Final[Any] = options_pb2.stream_key


class NotAStream(TypeError):
    """The message type belongs to no stream of the contract, or must not; the text says why."""


class StreamType(NamedTuple):
    """What the contract says of a stream's message."""

    service: str
    """The one that writes it, as its folder is named."""
    stream: str
    key_field: str

    @property
    def topic(self) -> str:
        return Names(self.service).stream_topic(self.stream)


def stream_of(message: type[Message]) -> StreamType:
    """Raise NotAStream if the contract does not allow the message on a stream."""
    return _read(message.DESCRIPTOR)


def stream_envelope(
    message: Message,
    *,
    message_id: str,
    tenant: str,
    time: datetime,
    journey: str = "",
    traceparent: str = "",
) -> Envelope:
    """Wrap a stream's message. Raise NotAStream, or ValueError for one without a key or too large."""
    about = _read(message.DESCRIPTOR)
    key = getattr(message, about.key_field)
    if not key:
        name = message.DESCRIPTOR.full_name
        raise ValueError(f"{name}.{about.key_field} is its key and must not be empty")
    return wrap(message, key, message_id, tenant, time, journey=journey, traceparent=traceparent)


@cache
def stream_types() -> Mapping[str, type[Message]]:
    """Every stream's message of the contract that is installed here, by full name."""
    return {
        descriptor.full_name: message_factory.GetMessageClass(descriptor)
        for descriptor in contract_messages()
        if descriptor.GetOptions().Extensions[_STREAM]
    }


@cache
def _read(descriptor: Descriptor) -> StreamType:
    options: Any = descriptor.GetOptions()
    stream, field = options.Extensions[_STREAM], options.Extensions[_STREAM_KEY]
    if not stream:
        raise NotAStream(f"{descriptor.full_name} has no option (mash.platform.v1.stream)")
    key = descriptor.fields_by_name.get(field)
    if key is None or key.type != FieldDescriptor.TYPE_STRING or key.is_repeated:
        raise NotAStream(f"{descriptor.full_name}: its stream_key {field!r} is no string field")
    personal = list(personal_fields(descriptor))
    if personal:
        raise NotAStream(f"{descriptor.full_name} holds personal data: {', '.join(personal)}")
    return StreamType(folder_of_proto(descriptor.file.package), stream, field)
