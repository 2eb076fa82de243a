# SPDX-License-Identifier: EUPL-1.2
"""The suite that every service runs."""

from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1.events_pb2 import ApplicationReceived, ApplicationSubmitted, DocumentIssued
from mash_sdk.testing import ModuleConformance

NOW = Timestamp(seconds=1_772_445_600)


class TestNotify(ModuleConformance):
    examples = (
        ApplicationSubmitted(application_id="a1", form="f", applicant_id="p", submitted_at=NOW),
        ApplicationReceived(application_id="a1", applicant_id="p", received_at=NOW),
        DocumentIssued(application_id="a1", applicant_id="p", document_id="d", kind="permit", issued_at=NOW),
    )
