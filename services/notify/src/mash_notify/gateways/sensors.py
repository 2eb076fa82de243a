# SPDX-License-Identifier: EUPL-1.2
"""Asks sensors by gRPC what can be warned of, and what an alert says."""

from collections.abc import Sequence

from mash.sensors.v1.alerts_pb2 import (
    GetAlertRequest,
    GetAlertResponse,
    ListSubjectsRequest,
    ListSubjectsResponse,
)
from mash.sensors.v1.alerts_pb2 import Subject as Offered
from mash.sensors.v1.alerts_pb2_grpc import AlertServiceStub
from mash_notify.service.subscriptions import Place, Subject
from mash_sdk.rpc import Peers

OFFER = "offer subscriptions to warnings"
WORD = "word a warning to its subscribers"


class SensorsGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(AlertServiceStub, address)

    async def subjects(self, tenant: str) -> Sequence[Subject]:
        answer = await self._peers.call(
            self._stub.ListSubjects, ListSubjectsRequest(), tenant=tenant, purpose=OFFER
        )
        assert isinstance(answer, ListSubjectsResponse)  # noqa: S101 — the stub's own type
        return [Subject(one.rule, one.title, one.text, _places(one)) for one in answer.subjects]

    async def alert(self, tenant: str, alert_id: str) -> GetAlertResponse:
        request = GetAlertRequest(alert_id=alert_id)
        answer = await self._peers.call(self._stub.GetAlert, request, tenant=tenant, purpose=WORD)
        assert isinstance(answer, GetAlertResponse)  # noqa: S101 — the stub's own type
        return answer


def _places(subject: Offered) -> Sequence[Place]:
    return [Place(place.thing_id, place.name, f"/sensors/{place.thing_id}") for place in subject.places]
