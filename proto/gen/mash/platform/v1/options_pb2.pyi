from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
PERSONAL_FIELD_NUMBER: _ClassVar[int]
personal: _descriptor.FieldDescriptor
EVENT_KEY_FIELD_NUMBER: _ClassVar[int]
event_key: _descriptor.FieldDescriptor
STREAM_FIELD_NUMBER: _ClassVar[int]
stream: _descriptor.FieldDescriptor
STREAM_KEY_FIELD_NUMBER: _ClassVar[int]
stream_key: _descriptor.FieldDescriptor
CALLERS_FIELD_NUMBER: _ClassVar[int]
callers: _descriptor.FieldDescriptor
MODULES_FIELD_NUMBER: _ClassVar[int]
modules: _descriptor.FieldDescriptor
