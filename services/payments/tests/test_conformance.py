# SPDX-License-Identifier: EUPL-1.2
"""payments is a module like every other: the SDK's suite over its bench."""

from collections.abc import Sequence
from typing import ClassVar

from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import ModuleConformance


class TestPayments(ModuleConformance):
    examples: ClassVar[Sequence[Message]] = (
        ApplicationSubmitted(
            application_id=new_id(),
            form="bewohnerparkausweis",
            form_version="1",
            applicant_id=new_id(),
            reference="HD-7K2M-9QXC",
            fee=Money(cents=12000, currency="EUR"),
        ),
    )
