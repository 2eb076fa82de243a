# SPDX-License-Identifier: EUPL-1.2
"""Asks forms by gRPC what an approved application hands to this module: what is ordered, and where to."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from mash.forms.v1.forms_pb2 import GetHandedAnswersRequest, GetHandedAnswersResponse
from mash.forms.v1.forms_pb2_grpc import ApplicationServiceStub
from mash_sdk.problems import Problem
from mash_sdk.rpc import Peers
from mash_waste.model.delivery import Address, Asked, Wish

ORDER: Final = "make a delivery of what was applied for"
ADDRESS: Final = "show a driver where to deliver to"


class FormsGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(ApplicationServiceStub, address)

    async def asked(self, tenant: str, application_id: str) -> Asked | None:
        """What was ordered; None if it is handed to nobody, or is no order of a bin. Raise a Problem if
        nobody answers.
        """
        answer = await self._get(tenant, application_id, ORDER)
        if answer is None:
            return None
        said = _answers(answer)
        try:
            return Asked(
                Wish(said["wish"]),
                int(said["litres"]),
                int(said["new_litres"]) if said.get("new_litres") else None,
                date.fromisoformat(said["from_day"]),
                answer.reference,
            )
        except (KeyError, ValueError, TypeError):
            return None

    async def address(self, tenant: str, application_id: str) -> Address | None:
        """None if forms hands it out no more. Raise a Problem if nobody answers."""
        answer = await self._get(tenant, application_id, ADDRESS)
        if answer is None:
            return None
        said = _answers(answer)
        names = ("street", "house_number", "postal_code", "town")
        street, number, code, town = (str(said.get(name, "")) for name in names)
        return Address(f"{street} {number}".strip(), f"{code} {town}".strip())

    async def _get(self, tenant: str, application_id: str, purpose: str) -> GetHandedAnswersResponse | None:
        request = GetHandedAnswersRequest(application_id=application_id)
        try:
            answer = await self._peers.call(
                self._stub.GetHandedAnswers, request, tenant=tenant, purpose=purpose
            )
        except Problem as problem:
            if problem.status == 404:  # noqa: PLR2004 — HTTP's name for it
                return None
            raise
        assert isinstance(answer, GetHandedAnswersResponse)  # noqa: S101 — the stub's own type
        return answer


def _answers(answer: GetHandedAnswersResponse) -> Mapping[str, Any]:
    said = json.loads(answer.answers)
    return said if isinstance(said, dict) else {}
