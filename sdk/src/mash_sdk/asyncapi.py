# SPDX-License-Identifier: EUPL-1.2
"""The AsyncAPI 3 document of the contract's events and streams, generated from their descriptors.

Payloads are protobuf; their schema here is that of the proto3 JSON mapping, for tools that read JSON.
"""

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.events import MEDIA_TYPE, event_types, topic_of
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names, folder_of_proto
from mash_sdk.streams import stream_of, stream_types

VERSION: Final = "3.0.0"

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_TEXT: Final = {"type": "string"}
_SCALARS: Final[dict[int, dict[str, str]]] = {
    FieldDescriptor.TYPE_STRING: _TEXT,
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number"},
}
_WIDE: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    }
)
_ENVELOPE: Final = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_tenant"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": _TEXT,
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": _TEXT,
        "ce_tenant": _TEXT,
        "ce_journey": _TEXT,
        "traceparent": _TEXT,
        "content-type": {"type": "string", "const": MEDIA_TYPE},
    },
}


def asyncapi(manifests: Iterable[Manifest] = ()) -> dict[str, Any]:
    """All events and streams of the contract installed here. `manifests` say who sends and who receives."""
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    places = _places()
    for name, (message, place, topic) in sorted(places.items()):
        descriptor = message.DESCRIPTOR
        channel = channels.setdefault(place, {"address": topic, "messages": {}})
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
        messages[name] = {
            "name": name,
            "title": descriptor.name,
            "contentType": MEDIA_TYPE,
            "headers": {"$ref": "#/components/schemas/CloudEvents"},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
        _describe(descriptor, schemas)
    for manifest in manifests:
        if manifest.public:
            _publishes(manifest, channels, messages, operations)
            _describe(PublicDocument.DESCRIPTOR, schemas)
        sent, received = (
            (*manifest.announces, *manifest.streams),
            (
                *manifest.listens,
                *manifest.streams,
                *manifest.reads,
            ),
        )
        for action, names in (("send", sent), ("receive", received)):
            for name in names:
                if name in places:
                    _, place, _ = places[name]
                    operations[f"{manifest.name}.{action}.{name}"] = {
                        "action": action,
                        "title": manifest.title,
                        "channel": {"$ref": f"#/channels/{place}"},
                        "messages": [{"$ref": f"#/channels/{place}/messages/{name}"}],
                    }
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "MAsH",
            "version": "1",
            "description": "Facts and streams on Kafka: CloudEvents 1.0, binary mode, protobuf.",
        },
        "defaultContentType": MEDIA_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEvents": _ENVELOPE, **schemas}},
    }


def _publishes(
    manifest: Manifest, channels: dict[str, Any], messages: dict[str, Any], operations: dict[str, Any]
) -> None:
    """The compacted topic of what a module publishes for the edge."""
    name, channel = PublicDocument.DESCRIPTOR.full_name, f"{manifest.name}.public"
    messages[name] = {
        "name": name,
        "title": "PublicDocument",
        "contentType": MEDIA_TYPE,
        "headers": {"$ref": "#/components/schemas/CloudEvents"},
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
    message = {"$ref": f"#/components/messages/{name}"}
    channels[channel] = {"address": Names(manifest.name).public_topic, "messages": {name: message}}
    operations[f"{channel}.send"] = {
        "action": "send",
        "title": manifest.title,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
    }


def _places() -> dict[str, tuple[type[Message], str, str]]:
    """Each message's type, the name of its channel and its topic."""
    events = {
        name: (event, folder_of_proto(event.DESCRIPTOR.file.package), topic_of(event))
        for name, event in event_types().items()
    }
    streams = {
        name: (message, f"{stream_of(message).service}.{stream_of(message).stream}", stream_of(message).topic)
        for name, message in stream_types().items()
    }
    return events | streams


def _describe(descriptor: Any, schemas: dict[str, Any]) -> None:
    if descriptor.full_name in schemas:
        return
    schemas[descriptor.full_name] = schema = {"type": "object", "properties": {}}
    properties: dict[str, Any] = {}
    for field in descriptor.fields:
        properties[field.json_name] = _field(field, schemas)
    schema["properties"] = properties


def _field(field: FieldDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _single(message.fields_by_name["value"], schemas)}
    single = _single(field, schemas)
    return {"type": "array", "items": single} if field.is_repeated else single


def _single(field: FieldDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    if field.message_type is not None:
        if field.message_type.full_name == _TIMESTAMP:
            return {"type": "string", "format": "date-time"}
        _describe(field.message_type, schemas)
        return {"$ref": f"#/components/schemas/{field.message_type.full_name}"}
    if field.enum_type is not None:
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    if field.type in _WIDE:
        return {"type": "string", "format": "int64"}
    return dict(_SCALARS.get(field.type, {"type": "integer"}))
