# SPDX-License-Identifier: EUPL-1.2
"""Demo devices that report: those of the cities' sensors.toml, with a key that the demo's editor makes."""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from mash_tools.platform.environment import Places
from mash_tools.platform.folder import DataFolder
from mash_tools.problems import LauncherError
from mash_tools.realms.people import people_of
from mash_tools.realms.shape import DEMO_CLIENT

REGISTERED_WITHIN = 60.0
_SOON = frozenset({429, 502, 503, 504})
"""The portal is busy, or sensors is only coming."""
_DURATION = TypeAdapter(timedelta)
API = "/api/sensors/v1"

Device = Mapping[str, Any]


def simulated(city: Path) -> Mapping[str, Sequence[Device]]:
    """Webhook → the made-up devices that report by it. Raises LauncherError if the file cannot be read."""
    file = city / "sensors.toml"
    if not file.is_file():
        return {}
    found: dict[str, list[Device]] = {}
    try:
        for device in tomllib.loads(file.read_text(encoding="utf-8")).get("devices", []):
            bounds = {
                one["field"]: _motion(one["simulated"]) for one in device["datastreams"] if "simulated" in one
            }
            if bounds and device.get("demo") and device.get("webhook"):
                told = {"device_id": device["device_id"], "dev_eui": device.get("dev_eui"), "bounds": bounds}
                found.setdefault(device["webhook"], []).append(told)
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise LauncherError(f"{file} cannot be used; ./mash city check {city.name} says more.") from err
    return found


def _motion(said: Mapping[str, Any]) -> list[float | None]:
    """Lowest and highest; seconds of the way up, below 0 of the way down, None for up and down."""
    for way, sign in (("rises", 1), ("falls", -1)):
        if way in said:
            return [said["low"], said["high"], sign * _DURATION.validate_python(said[way]).total_seconds()]
    return [said["low"], said["high"], None]


async def webhooks(places: Places, folder: DataFolder) -> list[dict[str, Any]]:
    """What the network's simulator is told: where to, with which key, and which devices.

    Each start has keys of its own; those of the start before are revoked. Raises LauncherError.
    """
    told = []
    for file in sorted(places.cities.glob("*/city.toml")):
        city = file.parent
        editor = next((one for one in people_of(city) if "editor" in one.roles), None)
        wanted = simulated(city)
        if editor is None or not wanted:
            continue
        try:
            async with _portal(places, city.name, editor.username, editor.password) as portal:
                for devices in wanted.values():
                    key = await _key(portal, devices, folder)
                    told.append(
                        {"url": f"{portal.base_url}{API[1:]}/uplinks/ttn", "key": key, "devices": devices}
                    )
        except TimeoutError as err:
            why = f"sensors has not registered them within {REGISTERED_WITHIN:.0f} s"
            raise LauncherError(f"The demo devices of {city.name} do not report: {why}") from err
        except httpx.HTTPError as err:
            raise LauncherError(f"The demo devices of {city.name} do not report: {err}") from err
    return told


@asynccontextmanager
async def _portal(
    places: Places, city: str, username: str, password: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The city's API, as its editor."""
    login = f"{places.keycloak}/realms/{city}/protocol/openid-connect/token"
    form = {"grant_type": "password", "client_id": DEMO_CLIENT, "client_secret": "demo"}
    base = f"{places.public_url}/{city}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=15) as portal:
        answer = await portal.post(login, data=form | {"username": username, "password": password})
        answer.raise_for_status()
        portal.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield portal


async def _key(portal: httpx.AsyncClient, devices: Sequence[Device], folder: DataFolder) -> str:
    """A key of the webhook these devices report by; sensors registers them when it starts."""
    wanted = {device["device_id"] for device in devices}

    async def webhook() -> str | None:
        try:
            registered = [one async for one in _devices(portal) if one["device_id"] in wanted]
        except httpx.HTTPStatusError as err:
            if err.response.status_code in _SOON:
                return None
            raise
        # What an editor registered under the same name with a key of its own is left alone.
        found = {one["webhook_id"] for one in registered if one["webhook_id"]}
        return found.pop() if len(registered) == len(wanted) and len(found) == 1 else None

    async with asyncio.timeout(REGISTERED_WITHIN):
        while (hook := await webhook()) is None:  # noqa: ASYNC110 — another program's news, no event of ours
            await asyncio.sleep(0.2)
    keys = f"{API}/webhooks/{hook}/keys"
    made = (await portal.post(keys)).raise_for_status().json()
    before = folder.noted(f"webhook-{hook}")
    folder.note(f"webhook-{hook}", made["key_id"])
    if before:
        await portal.delete(f"{keys}/{before}")
    return str(made["key"])


async def _devices(portal: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    after: str | None = None
    while True:
        answer = await portal.get(f"{API}/devices", params={"after": after} if after else {})
        page = answer.raise_for_status().json()
        for device in page["items"]:
            yield device
        after = page["next"]
        if after is None:
            return
