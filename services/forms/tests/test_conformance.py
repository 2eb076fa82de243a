# SPDX-License-Identifier: EUPL-1.2
"""What every service has to hold, and that migrations go both ways."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import OUTCOME_APPROVED, ApplicationDecided, ApplicationReceived
from mash.payments.v1.events_pb2 import PaymentExpired, PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench, ModuleConformance

UNPAID, LATE, DECIDED, ROUTINE = new_id(), new_id(), new_id(), new_id()


class TestForms(ModuleConformance):
    examples: ClassVar[Sequence[Message]] = (
        ApplicationReceived(application_id=ROUTINE, applicant_id="anna"),
        PaymentSettled(
            payment_id=new_id(),
            application_id=UNPAID,
            paid=Money(cents=3070, currency="EUR"),
            receipt_number="KZ-1",
            settled_at={"seconds": 1772442000},
        ),
        PaymentExpired(payment_id=new_id(), application_id=LATE, expired_at={"seconds": 1772442000}),
        ApplicationDecided(
            application_id=DECIDED, applicant_id="anna", decision_id=new_id(), outcome=OUTCOME_APPROVED
        ),
    )

    known: ClassVar[Mapping[str, str]] = {"application_id": DECIDED, "name": "meldung"}
    subject: ClassVar[str] = "anna"

    @pytest.fixture
    async def bench(
        self, bench_of: Callable[..., Awaitable[Bench]], routine_cities: Path, answers: dict[str, Any]
    ) -> Bench:
        bench = await bench_of("mash_forms", cities=routine_cities)
        anna, kurt = bench.client(subject="anna"), bench.client(roles=["clerk"])
        api = "/api/forms/v1/applications"
        for unpaid in (UNPAID, LATE):
            await anna.post(api, json={"id": unpaid, "form": "ausweis", "data": answers})
        await anna.post(api, json={"id": ROUTINE, "form": "meldung", "data": {"what": "Loch"}})
        await anna.post(api, json={"id": DECIDED, "form": "meldung", "data": {"what": "Loch"}})
        await kurt.post(f"{api}/{DECIDED}/decision", json={"outcome": "APPROVED"})
        return bench
