# SPDX-License-Identifier: EUPL-1.2
"""payments is a module like every other: the SDK's suite over its bench."""

from collections.abc import Sequence
from typing import ClassVar

from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import ApplicationSubmitted, ApplicationWithdrawn
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import ModuleConformance

APPLICATION = new_id()


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
