# SPDX-License-Identifier: EUPL-1.2
"""A sensor's reading: from the network's webhook through Kafka to SensorThings, and on to who is warned."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from mash_sdk.ids import new_id
from mash_sdk.testing.patience import until
from mash_tools.journey.told import Told, letters, linked, tags, traces
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

STA = "/api/sensors/sta/v1.1"
RULE = "frost"
TITLE = "Frost auf der Fahrbahn"


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


# ── a reading warns people ──

UPLINK = "sensors: POST /api/sensors/v1/uplinks/ttn"
ASK = "mash.sensors.v1.AlertService/GetAlert"
CASCADE = (
    ("portal-gw: POST /api/sensors", UPLINK),
    (UPLINK, "sensors: uplinks.accept"),
    ("sensors: uplinks.accept", "sensors: alerts.open"),
    ("sensors: alerts.open", "notify: process AlertOpened"),
    ("notify: process AlertOpened", f"notify: {ASK}"),
    (f"notify: {ASK}", f"sensors: {ASK}"),
    ("notify: process AlertOpened", "notify: rounds.tell"),
    ("notify: rounds.tell", "notify: notify.deliver"),
    ("notify: notify.deliver", "notify: smtp"),
)
"""Parent and child: from the uplink that crossed the threshold to the letter that leaves."""


@pytest.mark.browser
async def test_a_reading_that_crosses_the_threshold_reaches_who_subscribed(
    platform: Platform, city: httpx.AsyncClient, person: Callable[..., Awaitable[Page]]
) -> None:
    device = await registered(platform, city, f"frost-{new_id()[-8:]}")
    place = f"Brücke {device['device_id']}"
    anna = await person(width=390, height=844)
    await _subscribes(anna, platform, device)
    for frame, value in enumerate((2.0, -0.5, -0.75, 1.5)):
        assert (await send(city, device, uplink(device, value, frame))).status_code == 202
        await until(lambda: _holds(city, device, frame + 1), "the reading cannot be read", within=20)  # noqa: B023

    subject = f"{TITLE}: {place}"
    over, warning = await until(lambda: _pair(platform, subject, place), "the letters did not come")
    assert warning["subject"] == subject
    assert over["subject"] == f"Aufgehoben: {subject}"
    assert warning["to"] == over["to"] == ["anna@heidelberg.example"]
    assert "−0,5 °C" in warning["text"]
    assert "−0,75" not in warning["text"], "what opened it is told, not what came later"

    await anna.goto(f"{platform.url}/heidelberg/account/mailbox")
    await expect(anna.get_by_role("link", name=f"Aufgehoben: {subject}")).to_be_visible()
    await anna.get_by_role("link", name=subject, exact=True).click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text(subject)
    await expect(anna.locator("main")).to_contain_text("−0,5 °C")
    await anna.get_by_role("link", name="Mehr dazu").click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text(place)
    await expect(anna.locator("main")).to_contain_text("1,5 °C gemessen")
    alerts = await _alerts(platform, device)
    assert [alert["resolved"] for alert in alerts] == [True]
    await _one_trace_tells_it(platform, alerts[0]["id"])


async def _subscribes(anna: Page, platform: Platform, device: dict[str, Any]) -> None:
    """From the bridge's page, by way of the login, to the warning of this bridge."""
    await anna.goto(f"{platform.url}/heidelberg/sensors/{device['thing_id']}")
    await expect(anna.locator("main")).to_contain_text("Hier wurde noch nichts gemessen.")
    await anna.get_by_role("link", name=f"Warnung abonnieren: {TITLE}").click()
    await anna.fill("#username", "anna")
    await anna.fill("#password", "demo")
    await anna.click("#kc-login")
    here = anna.get_by_role("article").filter(has_text=f"Brücke {device['device_id']}")
    await here.get_by_role("button", name="Abonnieren").click()
    await expect(here.get_by_role("button", name="Abbestellen")).to_be_visible()


async def _one_trace_tells_it(platform: Platform, alert: str) -> None:
    """The cascade is the uplink's own trace; the batch that recorded it links there, as to all in it."""
    found = Told()

    async def whole() -> bool:
        nonlocal found
        found = await traces(platform.places, {"mash.journey.id": alert})
        return set(CASCADE) <= set(found.edges)

    with suppress(AssertionError):
        await until(whole, "the cascade is not whole", within=20)
    for edge in CASCADE:
        assert edge in found.edges, f"{edge} is missing among\n" + "\n".join(map(str, sorted(found.edges)))
    [opened] = found.named("sensors: alerts.open")
    batches = await traces(
        platform.places, {"messaging.consumer.group.name": "sensors.observations"}, ["sensors"]
    )
    [batch] = [
        span
        for span in batches.named("sensors: process ObservationBatch")
        if opened["traceID"] in linked(span)
    ]
    assert batch["traceID"] != opened["traceID"]
    assert len(linked(batch)) == tags(batch)["messaging.batch.message_count"]


# ── kills ──


@pytest.mark.parametrize("victim", ["sensors", "notify", "portal-gw"])
async def test_a_kill_on_the_way_loses_and_doubles_nothing(
    platform: Platform, city: httpx.AsyncClient, victim: str
) -> None:
    """Killed while readings come in, and again as the one that crosses the threshold has been taken."""
    device = await registered(platform, city, f"kill-{new_id()[-8:]}")
    thing = device["thing_id"]
    citizen = {"authorization": f"Bearer {await token(platform, 'anna')}"}
    path = f"/api/notify/v1/subscriptions/{RULE}/{thing}"
    await until(lambda: _answered(city, "PUT", path, headers=citizen), "never subscribed")

    values = [1.0 + n / 8 for n in range(30)] + [-1.0 - n / 8 for n in range(30)]
    frames = list(enumerate(values))
    async with asyncio.TaskGroup() as together:
        together.create_task(_reported(city, device, frames[:31]))
        together.create_task(_kill_and_start(platform, victim))
    async with asyncio.TaskGroup() as together:
        together.create_task(_reported(city, device, frames[31:]))
        together.create_task(_kill_and_start(platform, victim))

    await until(lambda: _holds(city, device, len(values)), "an acknowledged reading is lost", within=90)
    assert sorted(await results(city, device)) == sorted(values), "each once"
    [alert] = await _alerts(platform, device)
    await until(lambda: _told(platform, alert["id"]), "nobody was warned", within=90)
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        [sent] = await connection.fetch("select state from notify.messages where about = $1", alert["id"])
        entries = await connection.fetchval(
            "select count(*) from notify.mailbox where about = $1", alert["id"]
        )
    finally:
        await connection.close()
    assert entries == 1
    mails = await letters(platform.places, TITLE, device["device_id"])
    # Killed while it handed the letter over, notify cannot know: then it says so, and sends no second.
    assert len(mails) in ({1} if sent["state"] == "sent" else {0, 1})


async def _reported(city: httpx.AsyncClient, device: dict[str, Any], frames: list[tuple[int, float]]) -> None:
    """A network reports each until it is answered 202, and then once more: networks repeat themselves."""
    key = {"authorization": f"Bearer {device['key']}"}
    for frame, value in frames:
        body = uplink(device, value, frame)
        for _ in range(2):
            ask = ("POST", "/api/sensors/v1/uplinks/ttn")
            await until(lambda: _answered(city, *ask, headers=key, json=body), "never accepted", within=90)  # noqa: B023


async def _answered(city: httpx.AsyncClient, method: str, path: str, **more: Any) -> bool:
    """Whether the portal did it; False: it could not be reached, or says to try again."""
    with suppress(httpx.TransportError):
        answer = await city.request(method, path, **more)
        if answer.status_code not in {429, 500, 502, 503, 504}:
            assert answer.is_success, f"{answer.status_code} {answer.text}"
            return True
    return False


async def _kill_and_start(platform: Platform, name: str) -> None:
    await platform.kill(name)
    await platform.start_again(name)


async def _holds(city: httpx.AsyncClient, device: dict[str, Any], many: int) -> bool:
    with suppress(httpx.TransportError):
        return len(await results(city, device)) >= many
    return False


async def _pair(platform: Platform, subject: str, place: str) -> list[dict[str, Any]]:
    found = list(await letters(platform.places, subject, place))
    return found if len(found) == 2 else []


async def _alerts(platform: Platform, device: dict[str, Any]) -> list[dict[str, Any]]:
    """All alerts there ever were of a device's datastream."""
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        rows = await connection.fetch(
            "select id::text, resolved_at is not null as resolved from sensors.alerts"
            " where datastream_id = $1",
            device["datastreams"][0]["datastream_id"],
        )
        return [dict(row) for row in rows]
    finally:
        await connection.close()


async def _told(platform: Platform, alert: str) -> bool:
    connection = await asyncpg.connect(platform.places.postgres)
    try:
        state = await connection.fetchval("select state from notify.messages where about = $1", alert)
        return state in {"sent", "unknown"}
    finally:
        await connection.close()


async def test_the_demos_devices_report(platform: Platform, city: httpx.AsyncClient) -> None:
    """They are registered from the city's file, and the simulator posts for them."""
    await platform.report()
    try:

        async def live() -> dict[str, Any]:
            found = (await city.get("/api/sensors/v1/newest")).json()["items"]
            return {one["name"]: one for one in found if one["place"] == "Alte Brücke" and one["live"]}

        newest = await until(live, "the demo's devices do not report", within=30)
        assert -1.5 <= newest["Temperatur der Fahrbahn"]["result"] <= 4.0
        assert 0.0 <= newest["Lufttemperatur"]["result"] <= 6.0
    finally:
        await platform.stop_one("lorawan")
