# SPDX-License-Identifier: EUPL-1.2
"""payments is a module like every other: the SDK's suite over its bench."""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import ApplicationSubmitted, ApplicationWithdrawn
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench, ModuleConformance

APPLICATION, PAID = new_id(), new_id()
PAYER = new_id()


class TestPayments(ModuleConformance):
    examples: ClassVar[Sequence[Message]] = (
        ApplicationSubmitted(
            application_id=APPLICATION,
            form="bewohnerparkausweis",
            form_version="1",
            applicant_id=new_id(),
            reference="HD-7K2M-9QXC",
            fee=Money(cents=12000, currency="EUR"),
        ),
        ApplicationWithdrawn(application_id=APPLICATION, applicant_id=new_id(), fee_waived=True),
    )
    subject: ClassVar[str] = PAYER

    @pytest.fixture(autouse=True)
    async def fee(self, bench: Bench) -> None:
        """A fee of the one who asks, with an attempt, and a statement with a line that waits for a person."""
        fee = Money(cents=3070, currency="EUR")
        await bench.deliver(ApplicationSubmitted(application_id=PAID, applicant_id=PAYER, fee=fee))
        payer = bench.client(subject=PAYER)
        (payment,) = (await payer.get("/api/payments/v1/payments")).json()["items"]
        type(self).known = {"payment_id": payment["id"], "application_id": PAID}
