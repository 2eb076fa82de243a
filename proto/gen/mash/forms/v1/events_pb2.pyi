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

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_APPROVED: _ClassVar[Outcome]
    OUTCOME_REJECTED: _ClassVar[Outcome]
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_APPROVED: Outcome
OUTCOME_REJECTED: Outcome

class ApplicationSubmitted(_message.Message):
    __slots__ = ("application_id", "form", "form_version", "applicant_id", "reference", "fee", "submitted_at", "demo_fee", "language")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    FORM_VERSION_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    DEMO_FEE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    form: str
    form_version: str
    applicant_id: str
    reference: str
    fee: _money_pb2.Money
    submitted_at: _timestamp_pb2.Timestamp
    demo_fee: bool
    language: str
    def __init__(self, application_id: _Optional[str] = ..., form: _Optional[str] = ..., form_version: _Optional[str] = ..., applicant_id: _Optional[str] = ..., reference: _Optional[str] = ..., fee: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., submitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., demo_fee: _Optional[bool] = ..., language: _Optional[str] = ...) -> None: ...

class ApplicationReceived(_message.Message):
    __slots__ = ("application_id", "applicant_id", "received_at")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    applicant_id: str
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, application_id: _Optional[str] = ..., applicant_id: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ApplicationDecided(_message.Message):
    __slots__ = ("application_id", "applicant_id", "decision_id", "outcome", "decided_at", "form")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    applicant_id: str
    decision_id: str
    outcome: Outcome
    decided_at: _timestamp_pb2.Timestamp
    form: str
    def __init__(self, application_id: _Optional[str] = ..., applicant_id: _Optional[str] = ..., decision_id: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., form: _Optional[str] = ...) -> None: ...

class ApplicationWithdrawn(_message.Message):
    __slots__ = ("application_id", "applicant_id", "withdrawn_at", "fee_waived", "unpaid")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    FEE_WAIVED_FIELD_NUMBER: _ClassVar[int]
    UNPAID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    applicant_id: str
    withdrawn_at: _timestamp_pb2.Timestamp
    fee_waived: bool
    unpaid: bool
    def __init__(self, application_id: _Optional[str] = ..., applicant_id: _Optional[str] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fee_waived: _Optional[bool] = ..., unpaid: _Optional[bool] = ...) -> None: ...

class DocumentIssued(_message.Message):
    __slots__ = ("application_id", "applicant_id", "document_id", "kind", "issued_at")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    applicant_id: str
    document_id: str
    kind: str
    issued_at: _timestamp_pb2.Timestamp
    def __init__(self, application_id: _Optional[str] = ..., applicant_id: _Optional[str] = ..., document_id: _Optional[str] = ..., kind: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MessageWritten(_message.Message):
    __slots__ = ("application_id", "applicant_id", "message_id", "written_at", "action_required")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_AT_FIELD_NUMBER: _ClassVar[int]
    ACTION_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    applicant_id: str
    message_id: str
    written_at: _timestamp_pb2.Timestamp
    action_required: bool
    def __init__(self, application_id: _Optional[str] = ..., applicant_id: _Optional[str] = ..., message_id: _Optional[str] = ..., written_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., action_required: _Optional[bool] = ...) -> None: ...

class CosignatureChanged(_message.Message):
    __slots__ = ("application_id", "request_id", "change_id", "changed_at", "signed")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    request_id: str
    change_id: str
    changed_at: _timestamp_pb2.Timestamp
    signed: bool
    def __init__(self, application_id: _Optional[str] = ..., request_id: _Optional[str] = ..., change_id: _Optional[str] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signed: _Optional[bool] = ...) -> None: ...
