import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObservationBatch(_message.Message):
    __slots__ = ("source_id", "message_id", "received_at", "observations")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    message_id: str
    received_at: _timestamp_pb2.Timestamp
    observations: _containers.RepeatedCompositeFieldContainer[Observation]
    def __init__(self, source_id: _Optional[str] = ..., message_id: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., observations: _Optional[_Iterable[_Union[Observation, _Mapping]]] = ...) -> None: ...

class Observation(_message.Message):
    __slots__ = ("id", "datastream_id", "phenomenon_time", "number", "truth", "text", "phenomenon_end", "result_time", "valid_from", "valid_until", "quality", "parameters", "feature_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    DATASTREAM_ID_FIELD_NUMBER: _ClassVar[int]
    PHENOMENON_TIME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRUTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PHENOMENON_END_FIELD_NUMBER: _ClassVar[int]
    RESULT_TIME_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    datastream_id: str
    phenomenon_time: _timestamp_pb2.Timestamp
    number: float
    truth: bool
    text: str
    phenomenon_end: _timestamp_pb2.Timestamp
    result_time: _timestamp_pb2.Timestamp
    valid_from: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    quality: str
    parameters: str
    feature_id: str
    def __init__(self, id: _Optional[str] = ..., datastream_id: _Optional[str] = ..., phenomenon_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., number: _Optional[float] = ..., truth: _Optional[bool] = ..., text: _Optional[str] = ..., phenomenon_end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., result_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quality: _Optional[str] = ..., parameters: _Optional[str] = ..., feature_id: _Optional[str] = ...) -> None: ...
