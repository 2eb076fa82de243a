# SPDX-License-Identifier: EUPL-1.2
"""What any module offers to subscribers and hands over to them: once, and to nobody else."""

from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from mash.notify.v1.notices_pb2 import (
    HandOverRequest,
    OfferedPlace,
    OfferedSubject,
    OfferSubjectsRequest,
)
from mash.notify.v1.notices_pb2_grpc import NoticeServiceStub
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/notify/v1"
NOON = Timestamp(seconds=1_772_445_600)


def place(name: str = "bridge-1", path: str = "/bikes") -> OfferedPlace:
    return OfferedPlace(id=name, name="Alte Brücke", path=path)


BRIDGE = (place(),)


def subject(name: str = "ice", places: Any = BRIDGE, title: str = "Glätte") -> OfferedSubject:
    return OfferedSubject(name=name, title=title, text="Wo es glatt ist.", places=places)


async def offer(
    bench: Bench, *subjects: OfferedSubject, caller: str = "bikes", tenant: str = "heidelberg"
) -> None:
    request = OfferSubjectsRequest(subjects=subjects)
    await bench.rpc(NoticeServiceStub, "OfferSubjects", request, caller=caller, module=True, tenant=tenant)


async def hand_over(bench: Bench, notice_id: str, caller: str = "bikes", **other: Any) -> None:
    told = {"subject": "ice", "place_id": "bridge-1", "text": "Es ist glatt.", "path": "/bikes/1", **other}
    request = HandOverRequest(notice_id=notice_id, observed_at=NOON, **told)
    await bench.rpc(NoticeServiceStub, "HandOver", request, caller=caller, module=True)


async def told(bench: Bench) -> list[tuple[str, str]]:
    async with bench.unit() as unit:
        mails = await unit.connection.execute(text("select kind, recipient from messages order by id"))
        return [(kind, person) for kind, person in mails]


async def test_what_a_module_offers_can_be_subscribed_to(bench: Bench) -> None:
    await offer(bench, subject())
    anna = bench.client(subject="anna", email="anna@example.org")
    rules = [one["rule"] for one in (await anna.get(f"{API}/subjects")).json()["items"]]
    assert rules == ["frost", "bikes.ice"]
    page = (await anna.get("/pages/account/subscriptions")).text
    assert "Glätte" in page
    assert 'href="/heidelberg/bikes"' in page
    assert (await anna.put(f"{API}/subscriptions/bikes.ice/bridge-1")).status_code == 200
    assert (await anna.put(f"{API}/subscriptions/bikes.ice/elsewhere")).status_code == 422

    for over in (False, True):
        notice = new_id()
        for _ in range(2):
            await hand_over(bench, notice, over=over)
    assert await told(bench) == [("alert-opened", "anna"), ("alert-resolved", "anna")]
    entries = (await anna.get(f"{API}/mailbox")).json()["items"]
    assert {one["title"] for one in entries} == {"Glätte: Alte Brücke", "Aufgehoben: Glätte: Alte Brücke"}
    async with bench.unit() as unit:
        letter = await unit.connection.scalar(text("select text from messages order by id limit 1"))
    assert "Es ist glatt." in letter
    assert "Stand: " in letter
    assert "Gemessen" not in letter


async def test_what_is_offered_no_more_cannot_be_told(bench: Bench) -> None:
    await offer(bench, subject(), subject("wind"))
    await offer(bench, subject("wind"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await hand_over(bench, new_id())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError):
        await hand_over(bench, new_id(), subject="wind", place_id="elsewhere")


async def test_modules_and_cities_are_apart(bench: Bench) -> None:
    await offer(bench, subject())
    await offer(bench, subject(title="Anderes"), caller="parking")
    await offer(bench, caller="parking")
    await offer(bench, subject(), tenant="mannheim")
    anna = bench.client(subject="anna", email="anna@example.org")
    assert [one["title"] for one in (await anna.get(f"{API}/subjects")).json()["items"]] == [
        "Frost",
        "Glätte",
    ]
    with pytest.raises(grpc.aio.AioRpcError):
        await hand_over(bench, new_id(), caller="parking")


@pytest.mark.parametrize(
    "wrong",
    [
        subject("Ice"),
        subject("a.b"),
        subject(title=""),
        subject(title="x\ny"),
        subject(places=()),
        subject(places=(place(), place())),
        subject(places=(place("a/b"),)),
        subject(places=(place(path="//example.org"),)),
        subject(places=(place(path="javascript:1"),)),
    ],
)
async def test_what_cannot_be_offered_is_refused(bench: Bench, wrong: OfferedSubject) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await offer(bench, wrong)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_service_that_is_no_module_is_refused(bench: Bench) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.rpc(NoticeServiceStub, "OfferSubjects", OfferSubjectsRequest(), caller="forms")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
