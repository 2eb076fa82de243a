# SPDX-License-Identifier: EUPL-1.2
"""Offers notify what people can subscribe to, and hands over what they are told."""

from collections.abc import Sequence

from mash.notify.v1.notices_pb2 import (
    HandOverRequest,
    OfferedPlace,
    OfferedSubject,
    OfferSubjectsRequest,
)
from mash.notify.v1.notices_pb2_grpc import NoticeServiceStub
from mash_sdk.rpc import Peers
from mash_winter.model.network import Segment
from mash_winter.service.telling import Notice

OFFER = "let people subscribe to warnings of ice"
TELL = "tell subscribers of ice"
SUBJECT = "ice"
TITLE = "Glätte"
TEXT = (
    "Wir sagen Ihnen, wenn es auf einer Straße oder Brücke glatt sein kann, und wenn es vorbei ist, "
    "soweit Sensoren das messen. Das ersetzt nicht Ihre Vorsicht."
)


class NotifyGateway:
    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._stub = peers.stub(NoticeServiceStub, address)

    async def offer(self, tenant: str, segments: Sequence[Segment]) -> None:
        places = [OfferedPlace(id=one.id, name=one.name, path="/winter") for one in segments]
        subjects = [OfferedSubject(name=SUBJECT, title=TITLE, text=TEXT, places=places)] if places else []
        request = OfferSubjectsRequest(subjects=subjects)
        await self._peers.call(self._stub.OfferSubjects, request, tenant=tenant, purpose=OFFER)

    async def hand_over(self, tenant: str, notice: Notice) -> None:
        request = HandOverRequest(
            notice_id=notice.id,
            subject=SUBJECT,
            place_id=notice.segment_id,
            text=notice.text,
            over=notice.over,
            path=f"/winter/warnings/{notice.warning_id}",
        )
        request.observed_at.FromDatetime(notice.observed_at)
        await self._peers.call(self._stub.HandOver, request, tenant=tenant, purpose=TELL)
