import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ThingRegistered(_message.Message):
    __slots__ = ("thing_id", "registered_at")
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_AT_FIELD_NUMBER: _ClassVar[int]
    thing_id: str
    registered_at: _timestamp_pb2.Timestamp
    def __init__(self, thing_id: _Optional[str] = ..., registered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertOpened(_message.Message):
    __slots__ = ("alert_id", "rule", "thing_id", "datastream_id", "observation_id", "observed_at", "opened_at")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    DATASTREAM_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    rule: str
    thing_id: str
    datastream_id: str
    observation_id: str
    observed_at: _timestamp_pb2.Timestamp
    opened_at: _timestamp_pb2.Timestamp
    def __init__(self, alert_id: _Optional[str] = ..., rule: _Optional[str] = ..., thing_id: _Optional[str] = ..., datastream_id: _Optional[str] = ..., observation_id: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertResolved(_message.Message):
    __slots__ = ("alert_id", "rule", "thing_id", "datastream_id", "observation_id", "observed_at", "resolved_at")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    THING_ID_FIELD_NUMBER: _ClassVar[int]
    DATASTREAM_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_AT_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    rule: str
    thing_id: str
    datastream_id: str
    observation_id: str
    observed_at: _timestamp_pb2.Timestamp
    resolved_at: _timestamp_pb2.Timestamp
    def __init__(self, alert_id: _Optional[str] = ..., rule: _Optional[str] = ..., thing_id: _Optional[str] = ..., datastream_id: _Optional[str] = ..., observation_id: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
