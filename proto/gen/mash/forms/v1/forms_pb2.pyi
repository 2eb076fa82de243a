from mash.forms.v1 import events_pb2 as _events_pb2
from mash.platform.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetHandedAnswersRequest(_message.Message):
    __slots__ = ("application_id",)
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    def __init__(self, application_id: _Optional[str] = ...) -> None: ...

class GetHandedAnswersResponse(_message.Message):
    __slots__ = ("application_id", "form", "reference", "answers")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    form: str
    reference: str
    answers: str
    def __init__(self, application_id: _Optional[str] = ..., form: _Optional[str] = ..., reference: _Optional[str] = ..., answers: _Optional[str] = ...) -> None: ...

class GetApplicantRequest(_message.Message):
    __slots__ = ("application_id",)
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    def __init__(self, application_id: _Optional[str] = ...) -> None: ...

class GetApplicantResponse(_message.Message):
    __slots__ = ("applicant_id", "name", "email", "language")
    APPLICANT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    applicant_id: str
    name: str
    email: str
    language: str
    def __init__(self, applicant_id: _Optional[str] = ..., name: _Optional[str] = ..., email: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class GetNoticeRequest(_message.Message):
    __slots__ = ("application_id",)
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    def __init__(self, application_id: _Optional[str] = ...) -> None: ...

class GetNoticeResponse(_message.Message):
    __slots__ = ("application_id", "service_title", "reference", "outcome", "path", "office")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_TITLE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFICE_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    service_title: str
    reference: str
    outcome: _events_pb2.Outcome
    path: str
    office: str
    def __init__(self, application_id: _Optional[str] = ..., service_title: _Optional[str] = ..., reference: _Optional[str] = ..., outcome: _Optional[_Union[_events_pb2.Outcome, str]] = ..., path: _Optional[str] = ..., office: _Optional[str] = ...) -> None: ...

class GetCosignatureRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class GetCosignatureResponse(_message.Message):
    __slots__ = ("service_title", "office", "parties")
    SERVICE_TITLE_FIELD_NUMBER: _ClassVar[int]
    OFFICE_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    service_title: str
    office: str
    parties: _containers.RepeatedCompositeFieldContainer[CosignatureParty]
    def __init__(self, service_title: _Optional[str] = ..., office: _Optional[str] = ..., parties: _Optional[_Iterable[_Union[CosignatureParty, _Mapping]]] = ...) -> None: ...

class CosignatureParty(_message.Message):
    __slots__ = ("about_id", "subject_id", "name", "email", "language", "path")
    ABOUT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    about_id: str
    subject_id: str
    name: str
    email: str
    language: str
    path: str
    def __init__(self, about_id: _Optional[str] = ..., subject_id: _Optional[str] = ..., name: _Optional[str] = ..., email: _Optional[str] = ..., language: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...
