# SPDX-License-Identifier: EUPL-1.2
"""What the contract says of events, and how they travel."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.forms.v1.forms_pb2 import GetApplicantResponse
from mash.platform.v1 import options_pb2
from mash_sdk.events import (
    LARGEST,
    Envelope,
    NotAnEvent,
    envelope_of,
    event_type,
    event_types,
    key_of,
    open_envelope,
    personal_fields,
    same_event_other_version,
    topic_of,
)
from mash_sdk.problems import Unreadable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EVENT = ApplicationSubmitted(application_id="a", form="bewohnerparkausweis")


def envelope(event: ApplicationSubmitted = EVENT) -> Envelope:
    return envelope_of(event, event_id="e", tenant="heidelberg", time=NOW, journey="j", traceparent="00-x")


def test_an_envelope_arrives_as_it_was_sent() -> None:
    sent = envelope()
    read = Envelope.read(sent.key.encode(), sent.value, sent.headers())

    assert read == sent
    assert open_envelope(read, ApplicationSubmitted) == EVENT
    assert dict(sent.headers()) == {
        "content-type": b"application/protobuf",
        "ce_specversion": b"1.0",
        "ce_id": b"e",
        "ce_type": b"mash.forms.v1.ApplicationSubmitted",
        "ce_source": b"/mash/forms",
        "ce_time": b"2026-03-02T09:30:00+00:00",
        "ce_subject": b"a",
        "ce_tenant": b"heidelberg",
        "ce_journey": b"j",
        "traceparent": b"00-x",
    }


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_tenant", "ce_time", "ce_source"])
def test_a_record_without_what_is_needed_is_unreadable(missing: str) -> None:
    headers = [(name, value) for name, value in envelope().headers() if name != missing]
    with pytest.raises(Unreadable, match=missing):
        Envelope.read(b"a", b"", headers)


def test_a_time_without_zone_and_another_content_type_are_unreadable() -> None:
    headers = dict(envelope().headers())
    for changed in (
        {"ce_time": b"2026-03-02T09:30:00"},
        {"ce_time": b"today"},
        {"content-type": b"text/plain"},
    ):
        with pytest.raises(Unreadable):
            Envelope.read(b"a", b"", list((headers | changed).items()))


def test_the_topic_is_the_service_s_and_the_key_the_aggregate_s() -> None:
    assert topic_of(ApplicationSubmitted) == "mash.forms.events.v1"
    assert key_of(EVENT) == "a"


def test_only_events_small_and_with_a_key_are_announced() -> None:
    with pytest.raises(NotAnEvent, match="no option"):
        topic_of(GetApplicantResponse)
    with pytest.raises(ValueError, match="must not be empty"):
        key_of(ApplicationSubmitted())
    with pytest.raises(ValueError, match="at most"):
        envelope(ApplicationSubmitted(application_id="a", form="x" * LARGEST))


def test_every_event_of_the_contract_is_known_and_holds_no_personal_data() -> None:
    known = event_types()
    assert event_type("mash.forms.v1.ApplicationSubmitted") is ApplicationSubmitted
    assert {"mash.payments.v1.PaymentSettled", "mash.notify.v1.MessageSent"} <= known.keys()
    assert [list(personal_fields(event.DESCRIPTOR)) for event in known.values()] == [[]] * len(known)


def test_personal_data_deep_inside_keeps_a_message_from_being_an_event() -> None:
    assert list(personal_fields(GetApplicantResponse.DESCRIPTOR)), "the contract marks the applicant's fields"
    file = descriptor_pb2.FileDescriptorProto(
        name="mash/leaky/v1/events.proto",
        package="mash.leaky.v1",
        syntax="proto3",
        dependency=[GetApplicantResponse.DESCRIPTOR.file.name, options_pb2.DESCRIPTOR.name],
    )
    leaked = file.message_type.add(name="Leaked")
    event_key: Any = options_pb2.event_key
    leaked.options.Extensions[event_key] = "id"
    leaked.field.add(name="id", number=1, type=9, label=1)
    inner = f".{GetApplicantResponse.DESCRIPTOR.full_name}"
    leaked.field.add(name="applicant", number=2, type=11, label=1, type_name=inner)
    pool = descriptor_pool.Default()
    pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("mash.leaky.v1.Leaked"))

    with pytest.raises(NotAnEvent, match="holds personal data"):
        topic_of(message)


def test_another_version_of_a_known_event_is_recognised() -> None:
    known = ["mash.forms.v1.ApplicationSubmitted"]
    assert same_event_other_version("mash.forms.v2.ApplicationSubmitted", known) == known[0]
    assert same_event_other_version("mash.forms.v1.ApplicationReceived", known) is None
    assert same_event_other_version("mash.payments.v2.ApplicationSubmitted", known) is None
