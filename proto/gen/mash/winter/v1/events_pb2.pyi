import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IceWarningOpened(_message.Message):
    __slots__ = ("warning_id", "segment_id", "level", "hazard", "rule_version", "observed_at", "opened_at")
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HAZARD_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    warning_id: str
    segment_id: str
    level: str
    hazard: str
    rule_version: str
    observed_at: _timestamp_pb2.Timestamp
    opened_at: _timestamp_pb2.Timestamp
    def __init__(self, warning_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., level: _Optional[str] = ..., hazard: _Optional[str] = ..., rule_version: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IceWarningChanged(_message.Message):
    __slots__ = ("warning_id", "segment_id", "level", "hazard", "rule_version", "observed_at", "changed_at")
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HAZARD_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    warning_id: str
    segment_id: str
    level: str
    hazard: str
    rule_version: str
    observed_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    def __init__(self, warning_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., level: _Optional[str] = ..., hazard: _Optional[str] = ..., rule_version: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IceWarningResolved(_message.Message):
    __slots__ = ("warning_id", "segment_id", "rule_version", "observed_at", "resolved_at")
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_AT_FIELD_NUMBER: _ClassVar[int]
    warning_id: str
    segment_id: str
    rule_version: str
    observed_at: _timestamp_pb2.Timestamp
    resolved_at: _timestamp_pb2.Timestamp
    def __init__(self, warning_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., rule_version: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IceNoticeRaised(_message.Message):
    __slots__ = ("warning_id", "segment_id", "level", "hazard", "observed_at")
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HAZARD_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    warning_id: str
    segment_id: str
    level: str
    hazard: str
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, warning_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., level: _Optional[str] = ..., hazard: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
