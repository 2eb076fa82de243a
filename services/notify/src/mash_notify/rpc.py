# SPDX-License-Identifier: EUPL-1.2
"""Way in: gRPC. What any module offers to subscribers, and tells them."""

from datetime import UTC, datetime
from typing import Any

import mash_sdk.rpc as calls
from mash.notify.v1.notices_pb2 import (
    HandOverRequest,
    HandOverResponse,
    OfferedSubject,
    OfferSubjectsRequest,
    OfferSubjectsResponse,
)
from mash.notify.v1.notices_pb2_grpc import NoticeServiceServicer
from mash_notify.service.offers import HandOver, Offer, Offers
from mash_notify.service.subscriptions import Place
from mash_sdk.ids import parse_id
from mash_sdk.problems import Fault, Invalid


class NoticeRpc(NoticeServiceServicer):
    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    async def OfferSubjects(self, request: OfferSubjectsRequest, _context: Any) -> OfferSubjectsResponse:  # noqa: N802
        module = calls.caller().client
        await self._offers.replace(module, [_offer(module, one) for one in request.subjects], calls.unit())
        return OfferSubjectsResponse()

    async def HandOver(self, request: HandOverRequest, _context: Any) -> HandOverResponse:  # noqa: N802
        told = HandOver(
            notice_id=parse_id(request.notice_id, "/notice_id"),
            module=calls.caller().client,
            subject=request.subject,
            place_id=request.place_id,
            text=request.text,
            over=request.over,
            observed_at=_moment(request),
            path=request.path,
        )
        await self._offers.hand_over(told, calls.unit())
        return HandOverResponse()


def _offer(module: str, one: OfferedSubject) -> Offer:
    places = tuple(Place(place.id, place.name, place.path) for place in one.places)
    return Offer(module, one.name, one.title, one.text, places)


def _moment(request: HandOverRequest) -> datetime:
    try:
        return request.observed_at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        fault = Fault("/observed_at", "ist keine Zeit")
        raise Invalid("Das kann so nicht gesagt werden.", errors=[fault]) from None
