import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BinFilled(_message.Message):
    __slots__ = ("bin_id", "level", "observed_at")
    BIN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    bin_id: str
    level: int
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, bin_id: _Optional[str] = ..., level: _Optional[int] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BinEmptied(_message.Message):
    __slots__ = ("emptying_id", "bin_id", "emptied_at", "vehicle", "plan_id")
    EMPTYING_ID_FIELD_NUMBER: _ClassVar[int]
    BIN_ID_FIELD_NUMBER: _ClassVar[int]
    EMPTIED_AT_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    emptying_id: str
    bin_id: str
    emptied_at: _timestamp_pb2.Timestamp
    vehicle: str
    plan_id: str
    def __init__(self, emptying_id: _Optional[str] = ..., bin_id: _Optional[str] = ..., emptied_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., vehicle: _Optional[str] = ..., plan_id: _Optional[str] = ...) -> None: ...

class ToursPlanned(_message.Message):
    __slots__ = ("plan_id", "fraction", "begins_at", "bins", "left")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    BEGINS_AT_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    fraction: str
    begins_at: _timestamp_pb2.Timestamp
    bins: int
    left: int
    def __init__(self, plan_id: _Optional[str] = ..., fraction: _Optional[str] = ..., begins_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bins: _Optional[int] = ..., left: _Optional[int] = ...) -> None: ...

class DeliveryOrdered(_message.Message):
    __slots__ = ("delivery_id", "application_id", "ordered_at")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    ORDERED_AT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    application_id: str
    ordered_at: _timestamp_pb2.Timestamp
    def __init__(self, delivery_id: _Optional[str] = ..., application_id: _Optional[str] = ..., ordered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeliveryDone(_message.Message):
    __slots__ = ("delivery_id", "application_id", "wish", "done_at")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    WISH_FIELD_NUMBER: _ClassVar[int]
    DONE_AT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    application_id: str
    wish: str
    done_at: _timestamp_pb2.Timestamp
    def __init__(self, delivery_id: _Optional[str] = ..., application_id: _Optional[str] = ..., wish: _Optional[str] = ..., done_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeliveryCalledOff(_message.Message):
    __slots__ = ("delivery_id", "application_id", "called_off_at")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    CALLED_OFF_AT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    application_id: str
    called_off_at: _timestamp_pb2.Timestamp
    def __init__(self, delivery_id: _Optional[str] = ..., application_id: _Optional[str] = ..., called_off_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
