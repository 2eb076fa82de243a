# SPDX-License-Identifier: EUPL-1.2
"""The AsyncAPI document says of every event where it travels and what it holds."""

from typing import Any

from mash_sdk.asyncapi import asyncapi
from mash_sdk.events import event_types
from mash_sdk.manifest import Manifest
from mash_sdk.streams import stream_types

EVERYTHING = {
    "name": "x",
    "title": "x",
    "version": "1.0.0",
    "sdk": ">=0.1",
    "listens": sorted(event_types()),
    "streams": sorted(stream_types()),
    "routes": [{"path": "/api/x/v1", "kind": "api"}],
    "public": [{"path": "/api/x/v1/all"}],
}


def test_every_message_has_a_channel_a_message_and_a_payload() -> None:
    document = asyncapi()
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]
    assert set(messages) == {*event_types(), *stream_types()}
    assert event_types()
    assert stream_types()
    for channel in document["channels"].values():
        for name in channel["messages"]:
            assert channel["address"].startswith("mash.")
            assert schemas[name]["type"] == "object"


def test_fields_are_described_as_json_knows_them() -> None:
    fields = asyncapi()["components"]["schemas"]["mash.forms.v1.ApplicationSubmitted"]["properties"]
    assert fields["applicationId"] == {"type": "string"}
    assert fields["submittedAt"] == {"type": "string", "format": "date-time"}
    assert fields["fee"] == {"$ref": "#/components/schemas/mash.platform.v1.Money"}
    money = asyncapi()["components"]["schemas"]["mash.platform.v1.Money"]["properties"]
    assert money["cents"] == {"type": "string", "format": "int64"}
    outcome = asyncapi()["components"]["schemas"]["mash.forms.v1.ApplicationDecided"]["properties"]["outcome"]
    assert "OUTCOME_APPROVED" in outcome["enum"]


def test_who_announces_and_who_listens() -> None:
    name = "mash.payments.v1.PaymentSettled"
    fields = {"title": "x", "version": "1.0.0", "sdk": ">=0.1"}
    payments = Manifest.model_validate({"name": "payments", "announces": [name], **fields})
    forms = Manifest.model_validate({"name": "forms", "listens": [name], **fields})
    operations = asyncapi([payments, forms])["operations"]
    assert {key: value["action"] for key, value in operations.items()} == {
        f"payments.send.{name}": "send",
        f"forms.receive.{name}": "receive",
    }


def test_what_is_published_for_the_edge_has_a_channel_of_its_own() -> None:
    document = asyncapi([Manifest.model_validate(EVERYTHING)])
    assert document["channels"]["x.public"]["address"] == "mash.x.public.v1"
    assert document["operations"]["x.public.send"]["action"] == "send"
    assert "validUntil" in document["components"]["schemas"]["mash.platform.v1.PublicDocument"]["properties"]


def test_a_stream_is_sent_and_received_by_its_service() -> None:
    name = "mash.sensors.v1.ObservationBatch"
    fields = {"name": "sensors", "title": "x", "version": "1.0.0", "sdk": ">=0.1", "streams": [name]}
    document = asyncapi([Manifest.model_validate(fields)])
    assert document["channels"]["sensors.observations"]["address"] == "mash.sensors.observations.v1"
    assert {operation["action"] for operation in document["operations"].values()} == {"send", "receive"}


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi([Manifest.model_validate(EVERYTHING)])
    for reference in _references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for item in part for found in _references(item)] if isinstance(part, list) else []
