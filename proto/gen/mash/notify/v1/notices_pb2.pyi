import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OfferSubjectsRequest(_message.Message):
    __slots__ = ("subjects",)
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    subjects: _containers.RepeatedCompositeFieldContainer[OfferedSubject]
    def __init__(self, subjects: _Optional[_Iterable[_Union[OfferedSubject, _Mapping]]] = ...) -> None: ...

class OfferSubjectsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OfferedSubject(_message.Message):
    __slots__ = ("name", "title", "text", "places")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    text: str
    places: _containers.RepeatedCompositeFieldContainer[OfferedPlace]
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., text: _Optional[str] = ..., places: _Optional[_Iterable[_Union[OfferedPlace, _Mapping]]] = ...) -> None: ...

class OfferedPlace(_message.Message):
    __slots__ = ("id", "name", "path")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    path: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class HandOverRequest(_message.Message):
    __slots__ = ("notice_id", "subject", "place_id", "text", "over", "observed_at", "path")
    NOTICE_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    PLACE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    OVER_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    notice_id: str
    subject: str
    place_id: str
    text: str
    over: bool
    observed_at: _timestamp_pb2.Timestamp
    path: str
    def __init__(self, notice_id: _Optional[str] = ..., subject: _Optional[str] = ..., place_id: _Optional[str] = ..., text: _Optional[str] = ..., over: _Optional[bool] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., path: _Optional[str] = ...) -> None: ...

class HandOverResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
