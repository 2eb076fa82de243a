# SPDX-License-Identifier: EUPL-1.2
"""A sensor's reading: from the network's webhook through the gateway and Kafka to SensorThings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mash_sdk.ids import new_id
from mash_sdk.testing.patience import until
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

STA = "/api/sensors/sta/v1.1"


@pytest_asyncio.fixture(loop_scope="session")
async def city(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """The portal as programs see it, without a token."""
    async with httpx.AsyncClient(base_url=f"{platform.url}/heidelberg", timeout=15) as client:
        yield client


async def token(platform: Platform, username: str) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{platform.places.keycloak}/realms/heidelberg/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "demo-api",
                "client_secret": "demo",
                "username": username,
                "password": "demo",
            },
        )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def registered(platform: Platform, city: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """A frost sensor on a bridge; the answer to its registration."""
    answer = await city.post(
        "/api/sensors/v1/devices",
        headers={"authorization": f"Bearer {await token(platform, 'erika')}"},
        json={
            "device_id": name,
            "thing": {"name": f"Brücke {name}", "description": "Fahrbahn"},
            "sensor": {"name": "Fahrbahnfühler"},
            "datastreams": [
                {
                    "field": "surface",
                    "name": "Oberflächentemperatur",
                    "observed_property": {
                        "name": "Oberflächentemperatur",
                        "definition": "http://vocab.nerc.ac.uk/standard_name/surface_temperature/",
                    },
                    "unit": "Cel",
                    "valid_for": "PT30M",
                }
            ],
        },
    )
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def uplink(device: dict[str, Any], value: float, frame: int) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "end_device_ids": {"device_id": device["device_id"], "application_ids": {"application_id": "stadt"}},
        "received_at": now,
        "uplink_message": {
            "session_key_id": device["id"],
            "f_cnt": frame,
            "decoded_payload": {"surface": value},
            "received_at": now,
        },
    }


async def send(
    city: httpx.AsyncClient, device: dict[str, Any], body: dict[str, Any], key: str | None = None
) -> httpx.Response:
    return await city.post(
        "/api/sensors/v1/uplinks/ttn",
        headers={"authorization": f"Bearer {key or device['key']}"},
        json=body,
    )


async def results(city: httpx.AsyncClient, device: dict[str, Any]) -> list[float]:
    datastream = device["datastreams"][0]["datastream_id"]
    answer = await city.get(f"{STA}/Datastreams('{datastream}')/Observations?$top=1000")
    assert answer.status_code == 200, answer.text
    return [observation["result"] for observation in answer.json()["value"]]


async def test_a_reading_can_be_read(platform: Platform, city: httpx.AsyncClient) -> None:
    device = await registered(platform, city, f"frost-{new_id()[-8:]}")
    refused = await send(city, device, uplink(device, -0.5, 1), key="mash_wrong")
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert refused.json()["type"].endswith("/invalid-key")
    body = uplink(device, -0.5, 1)
    for _ in range(3):
        accepted = await send(city, device, body)
        assert accepted.status_code == 202, accepted.text

    async def readable() -> bool:
        return await results(city, device) == [-0.5]

    await until(readable, "the reading cannot be read", within=20)
