import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mash.platform.v1 import money_pb2 as _money_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Failure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_UNSPECIFIED: _ClassVar[Failure]
    FAILURE_CANCELED: _ClassVar[Failure]
    FAILURE_REFUSED: _ClassVar[Failure]
FAILURE_UNSPECIFIED: Failure
FAILURE_CANCELED: Failure
FAILURE_REFUSED: Failure

class PaymentOpened(_message.Message):
    __slots__ = ("payment_id", "application_id", "due", "opened_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    due: _money_pb2.Money
    opened_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., due: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentSettled(_message.Message):
    __slots__ = ("payment_id", "application_id", "paid", "provider", "receipt_number", "settled_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SETTLED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    paid: _money_pb2.Money
    provider: str
    receipt_number: str
    settled_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., paid: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provider: _Optional[str] = ..., receipt_number: _Optional[str] = ..., settled_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentReminded(_message.Message):
    __slots__ = ("payment_id", "application_id", "due_at", "ends_at", "overdue", "reminded_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_FIELD_NUMBER: _ClassVar[int]
    REMINDED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    due_at: _timestamp_pb2.Timestamp
    ends_at: _timestamp_pb2.Timestamp
    overdue: bool
    reminded_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ends_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., overdue: _Optional[bool] = ..., reminded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentExpired(_message.Message):
    __slots__ = ("payment_id", "application_id", "expired_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    expired_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., expired_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentRefunded(_message.Message):
    __slots__ = ("payment_id", "application_id", "refund_id", "refunded", "receipt_number", "refunded_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    refund_id: str
    refunded: _money_pb2.Money
    receipt_number: str
    refunded_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., refund_id: _Optional[str] = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., receipt_number: _Optional[str] = ..., refunded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentAttemptFailed(_message.Message):
    __slots__ = ("payment_id", "application_id", "failure", "failed_at")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    FAILED_AT_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    application_id: str
    failure: Failure
    failed_at: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., application_id: _Optional[str] = ..., failure: _Optional[_Union[Failure, str]] = ..., failed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
