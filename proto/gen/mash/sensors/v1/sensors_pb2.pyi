from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GetThingRequest(_message.Message):
    __slots__ = ("thing_id",)
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    thing_id: str
    def __init__(self, thing_id: _Optional[str] = ...) -> None: ...

class GetThingResponse(_message.Message):
    __slots__ = ("thing_id", "name", "description")
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    thing_id: str
    name: str
    description: str
    def __init__(self, thing_id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...
