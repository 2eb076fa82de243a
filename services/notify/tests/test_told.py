# SPDX-License-Identifier: EUPL-1.2
"""What else people are told of: money that goes back, a fee that is due, a second signature."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationWithdrawn, CosignatureChanged
from mash.payments.v1.events_pb2 import PaymentRefunded, PaymentReminded
from mash_notify.gateways.forms import SIGN
from mash_sdk.testing import Bench

ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"


async def test_each_refund_is_told_once_and_leads_to_the_fee(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any, forms: Any
) -> None:
    forms.language = "en"
    await bench.deliver(happened("submitted", "a1"))
    async with sending(bench):
        for refund in ("r1", "r1", "r2"):
            await bench.deliver(PaymentRefunded(application_id="a1", payment_id="p1", refund_id=refund))
        await eventually(lambda: len(sink.received()) == 2)
    for mail in sink.received():
        assert mail.subject == "Money back for your application HD-7K2M-9QXC"
        assert "http://localhost:8000/heidelberg/pay/a1" in mail.text
    anna = bench.client(subject=ANNA)
    entries = (await anna.get("/api/notify/v1/mailbox")).json()["items"]
    assert [(entry["kind"], entry["path"]) for entry in entries] == [("refunded", "/pay/a1")] * 2
    assert "We have paid money back to you" in entries[0]["text"]


async def test_a_fee_that_is_not_paid_is_told_of_three_times(
    bench: Bench, sink: Any, happened: Any, sending: Any, eventually: Any
) -> None:
    due, end = Timestamp(seconds=1_775_080_800), Timestamp(seconds=1_776_290_400)
    reminded = {"application_id": "a1", "payment_id": "p1", "due_at": due, "ends_at": end}
    await bench.deliver(happened("submitted", "a1"))
    async with sending(bench):
        for overdue in (False, False, True):
            await bench.deliver(PaymentReminded(**reminded, overdue=overdue))
        await bench.deliver(ApplicationWithdrawn(application_id="a1", applicant_id=ANNA, unpaid=True))
        await eventually(lambda: len(sink.received()) == 3)
    lapsed, late, early = sink.received()
    assert [early.subject, late.subject, lapsed.subject] == [
        "Erinnerung: Gebühr zum Antrag HD-7K2M-9QXC",
        "Überfällig: Gebühr zum Antrag HD-7K2M-9QXC",
        "Ihr Antrag HD-7K2M-9QXC gilt als zurückgezogen",
    ]
    assert "bis zum 01.04.2026" in early.text
    assert "noch bis zum 15.04.2026" in late.text
    assert "/heidelberg/pay/a1" in early.text
    assert "/heidelberg/account/applications/a1" in lapsed.text


async def test_both_people_are_told_how_a_second_signature_stands_each_where_they_read_it(
    bench: Bench, sink: Any, forms: Any, sending: Any, eventually: Any
) -> None:
    async with sending(bench):
        for change in ("c1", "c1", "c2"):
            await bench.deliver(
                CosignatureChanged(application_id="a1", request_id="r1", change_id=change, signed=True)
            )
        await eventually(lambda: len(sink.received()) == 2)
    assert {mail.subject for mail in sink.received()} == {"Zweite Unterschrift: Nebenwohnsitz anmelden"}
    assert forms.asked[0] == ("GetCosignature", "r1", SIGN)
    async with bench.unit() as unit:
        entries = await unit.connection.execute(text("select subject, path from mailbox order by id"))
        paths = [(row.subject, row.path) for row in entries]
    assert paths.count(("bert", "/cosign/r1")) == 2, "who has no address has the mailbox"
    assert len(paths) == 4
