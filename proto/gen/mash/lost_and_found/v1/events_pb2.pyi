import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ItemReported(_message.Message):
    __slots__ = ("report_id", "kind", "category", "reported_at")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    REPORTED_AT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    kind: str
    category: str
    reported_at: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., kind: _Optional[str] = ..., category: _Optional[str] = ..., reported_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MatchFound(_message.Message):
    __slots__ = ("match_id", "lost_id", "found_id", "score", "found_at")
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    LOST_ID_FIELD_NUMBER: _ClassVar[int]
    FOUND_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FOUND_AT_FIELD_NUMBER: _ClassVar[int]
    match_id: str
    lost_id: str
    found_id: str
    score: int
    found_at: _timestamp_pb2.Timestamp
    def __init__(self, match_id: _Optional[str] = ..., lost_id: _Optional[str] = ..., found_id: _Optional[str] = ..., score: _Optional[int] = ..., found_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CollectionAgreed(_message.Message):
    __slots__ = ("match_id", "lost_id", "found_id", "collect_at")
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    LOST_ID_FIELD_NUMBER: _ClassVar[int]
    FOUND_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECT_AT_FIELD_NUMBER: _ClassVar[int]
    match_id: str
    lost_id: str
    found_id: str
    collect_at: _timestamp_pb2.Timestamp
    def __init__(self, match_id: _Optional[str] = ..., lost_id: _Optional[str] = ..., found_id: _Optional[str] = ..., collect_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
