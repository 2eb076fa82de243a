# SPDX-License-Identifier: EUPL-1.2
"""Asks forms by gRPC. Each question names its purpose; forms writes it into its audit trail."""

from mash.forms.v1.forms_pb2 import (
    GetApplicantRequest,
    GetApplicantResponse,
    GetCosignatureRequest,
    GetCosignatureResponse,
    GetNoticeRequest,
    GetNoticeResponse,
)
from mash.forms.v1.forms_pb2_grpc import ApplicationServiceStub
from mash_sdk.rpc import Peers

REACH = "reach the applicant about the application they handed in"
WORD = "word a notice to the applicant"
SIGN = "tell both people how a second signature stands"


class FormsGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(ApplicationServiceStub, address)

    async def applicant(self, tenant: str, application_id: str) -> GetApplicantResponse:
        request = GetApplicantRequest(application_id=application_id)
        answer = await self._peers.call(self._stub.GetApplicant, request, tenant=tenant, purpose=REACH)
        assert isinstance(answer, GetApplicantResponse)  # noqa: S101 — the stub's own type
        return answer

    async def notice(self, tenant: str, application_id: str) -> GetNoticeResponse:
        request = GetNoticeRequest(application_id=application_id)
        answer = await self._peers.call(self._stub.GetNotice, request, tenant=tenant, purpose=WORD)
        assert isinstance(answer, GetNoticeResponse)  # noqa: S101 — the stub's own type
        return answer

    async def cosignature(self, tenant: str, request_id: str) -> GetCosignatureResponse:
        request = GetCosignatureRequest(request_id=request_id)
        answer = await self._peers.call(self._stub.GetCosignature, request, tenant=tenant, purpose=SIGN)
        assert isinstance(answer, GetCosignatureResponse)  # noqa: S101 — the stub's own type
        return answer
