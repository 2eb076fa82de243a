# SPDX-License-Identifier: EUPL-1.2
"""Way in: gRPC. What other services ask about an application; every answer is audited with its purpose."""

import json
from typing import Any

import mash_sdk.rpc as calls
from mash.forms.v1 import events_pb2
from mash.forms.v1.forms_pb2 import (
    CosignatureParty,
    GetApplicantRequest,
    GetApplicantResponse,
    GetCosignatureRequest,
    GetCosignatureResponse,
    GetHandedAnswersRequest,
    GetHandedAnswersResponse,
    GetNoticeRequest,
    GetNoticeResponse,
)
from mash.forms.v1.forms_pb2_grpc import ApplicationServiceServicer
from mash_forms.model.application import OUTCOMES
from mash_forms.service import CosigningService, NoticeService
from mash_sdk import journey
from mash_sdk.ids import parse_id


class ApplicationRpc(ApplicationServiceServicer):
    """mash.forms.v1.ApplicationService."""

    def __init__(self, notices: NoticeService, cosigning: CosigningService) -> None:
        self._notices = notices
        self._cosigning = cosigning

    async def GetApplicant(  # noqa: N802 — the contract's name
        self, request: GetApplicantRequest, _context: Any
    ) -> GetApplicantResponse:
        application_id = parse_id(request.application_id, "/application_id")
        journey.join(application_id)
        applicant = await self._notices.applicant(
            application_id, calls.caller(), calls.purpose(), calls.unit()
        )
        return GetApplicantResponse(
            applicant_id=applicant.subject,
            name=applicant.name,
            email=applicant.email if applicant.email_verified else "",
            language=applicant.language,
        )

    async def GetNotice(  # noqa: N802 — the contract's name
        self, request: GetNoticeRequest, _context: Any
    ) -> GetNoticeResponse:
        application_id = parse_id(request.application_id, "/application_id")
        journey.join(application_id)
        notice = await self._notices.notice(application_id, calls.caller(), calls.purpose(), calls.unit())
        return GetNoticeResponse(
            application_id=notice.application_id,
            service_title=notice.service_title,
            reference=notice.reference,
            outcome=OUTCOMES[notice.outcome] if notice.outcome else events_pb2.OUTCOME_UNSPECIFIED,
            path=notice.path,
            office=notice.office,
        )

    async def GetHandedAnswers(  # noqa: N802 — the contract's name
        self, request: GetHandedAnswersRequest, _context: Any
    ) -> GetHandedAnswersResponse:
        application_id = parse_id(request.application_id, "/application_id")
        journey.join(application_id)
        handed = await self._notices.handed(application_id, calls.caller(), calls.purpose(), calls.unit())
        return GetHandedAnswersResponse(
            application_id=handed.application_id,
            form=handed.form,
            reference=handed.reference,
            answers=json.dumps(handed.answers, ensure_ascii=False),
        )

    async def GetCosignature(  # noqa: N802 — the contract's name
        self, request: GetCosignatureRequest, _context: Any
    ) -> GetCosignatureResponse:
        request_id = parse_id(request.request_id, "/request_id")
        told = await self._cosigning.told(request_id, calls.caller(), calls.purpose(), calls.unit())
        journey.join(told.request.draft_id)
        return GetCosignatureResponse(
            service_title=told.form.title,
            office=told.form.office.title,
            parties=[
                CosignatureParty(
                    about_id=about_id,
                    subject_id=party.subject,
                    name=party.name,
                    email=party.email,
                    language=party.language,
                    path=path,
                )
                for about_id, party, path in told.parties
            ],
        )
