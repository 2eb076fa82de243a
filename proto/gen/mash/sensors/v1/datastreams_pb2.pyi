import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListDatastreamsRequest(_message.Message):
    __slots__ = ("observes", "limit", "after")
    OBSERVES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    observes: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    after: str
    def __init__(self, observes: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ..., after: _Optional[str] = ...) -> None: ...

class ListDatastreamsResponse(_message.Message):
    __slots__ = ("datastreams", "next")
    DATASTREAMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    datastreams: _containers.RepeatedCompositeFieldContainer[Datastream]
    next: str
    def __init__(self, datastreams: _Optional[_Iterable[_Union[Datastream, _Mapping]]] = ..., next: _Optional[str] = ...) -> None: ...

class Datastream(_message.Message):
    __slots__ = ("id", "thing_id", "place", "location", "observes", "unit", "valid_for", "demo")
    ID_FIELD_NUMBER: _ClassVar[int]
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    OBSERVES_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_FIELD_NUMBER: _ClassVar[int]
    DEMO_FIELD_NUMBER: _ClassVar[int]
    id: str
    thing_id: str
    place: str
    location: str
    observes: str
    unit: str
    valid_for: _duration_pb2.Duration
    demo: bool
    def __init__(self, id: _Optional[str] = ..., thing_id: _Optional[str] = ..., place: _Optional[str] = ..., location: _Optional[str] = ..., observes: _Optional[str] = ..., unit: _Optional[str] = ..., valid_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., demo: _Optional[bool] = ...) -> None: ...
