# SPDX-License-Identifier: EUPL-1.2
"""The suite that every service runs."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1.events_pb2 import (
    ApplicationReceived,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CosignatureChanged,
    DocumentIssued,
    MessageWritten,
)
from mash.payments.v1.events_pb2 import PaymentRefunded, PaymentReminded
from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_sdk.testing import Bench, ModuleConformance

ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"
NOW = Timestamp(seconds=1_772_445_600)
ALERT = {"alert_id": "w1", "rule": "frost", "thing_id": "t1", "observed_at": NOW}


class TestNotify(ModuleConformance):
    subject = ANNA
    examples = (
        ApplicationSubmitted(application_id="a1", form="f", applicant_id="p", submitted_at=NOW),
        ApplicationReceived(application_id="a1", applicant_id="p", received_at=NOW),
        ApplicationWithdrawn(application_id="a1", applicant_id="p", withdrawn_at=NOW),
        DocumentIssued(application_id="a1", applicant_id="p", document_id="d", kind="permit", issued_at=NOW),
        MessageWritten(application_id="a1", applicant_id="p", message_id="m", written_at=NOW),
        PaymentReminded(application_id="a1", payment_id="y", due_at=NOW, ends_at=NOW, reminded_at=NOW),
        PaymentRefunded(application_id="a1", payment_id="y", refund_id="r", refunded_at=NOW),
        CosignatureChanged(application_id="a1", request_id="r1", change_id="c1", changed_at=NOW),
        AlertOpened(**ALERT, opened_at=NOW),
        AlertResolved(**ALERT, resolved_at=NOW),
    )

    @pytest.fixture(autouse=True)
    async def subscriber(self, bench: Bench) -> None:
        """Nobody would hear of an alert otherwise."""
        anna = bench.client(subject=ANNA, email="anna@example.org")
        assert (await anna.put("/api/notify/v1/subscriptions/frost/t1")).status_code == 200

    @pytest.fixture(autouse=True)
    async def entry(self, bench: Bench) -> None:
        """Something lies in her mailbox."""
        await bench.deliver(
            ApplicationSubmitted(application_id="a0", form="f", applicant_id=ANNA, submitted_at=NOW)
        )
        await bench.deliver(ApplicationReceived(application_id="a0", applicant_id=ANNA, received_at=NOW))
        mailbox = await bench.client(subject=ANNA).get("/api/notify/v1/mailbox")
        (entry,) = mailbox.json()["items"]
        type(self).known = {"entry_id": entry["id"], "rule": "frost", "thing_id": "t1"}
