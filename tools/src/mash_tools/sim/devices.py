# SPDX-License-Identifier: EUPL-1.2
"""The town's devices: registered by its editor, each with its own key, then sending as a network would."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from mash_tools.problems import LauncherError
from mash_tools.progress import Progress
from mash_tools.sim.clock import NightClock
from mash_tools.sim.files import EDITOR
from mash_tools.sim.portal import AT_ONCE, Portal, Refused
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.stores import Stores
from mash_tools.sim.town import Town
from mash_tools.sim.weather import Night

STA: Final = "/api/sensors/sta/v1.1"
UPLINKS: Final = "/api/sensors/v1/uplinks/ttn"
VOCABULARY: Final = "http://vocab.nerc.ac.uk/standard_name/"
OBSERVES: Final[Mapping[str, tuple[str, str, str]]] = {
    "surface": ("Oberflächentemperatur", f"{VOCABULARY}surface_temperature/", "Cel"),
    "air": ("Lufttemperatur", f"{VOCABULARY}air_temperature/", "Cel"),
    "humidity": ("Relative Luftfeuchte", f"{VOCABULARY}relative_humidity/", "%"),
    "precipitation": ("Niederschlagsintensität", f"{VOCABULARY}rainfall_rate/", "mm/h"),
    "level": ("Füllstand", "https://smartdatamodels.org/dataModel.WasteManagement/fillingLevel", "%"),
}
"""Field → what it is, what defines it, its unit."""
LEAST_LIVE: Final = timedelta(seconds=60)
"""However fast the night is: what a busy machine needs to bring a reading through."""
SELDOM: Final = 2
"""Containers report so many times as seldom as streets."""

Says = Callable[[float], Mapping[str, float] | None]
"""What a device measures in a minute of the night; None: the message is lost on the way."""


@dataclass(slots=True)
class Device:
    """A sensor at a place, which sends so often."""

    id: str
    place: str
    at: tuple[float, float]
    fields: Sequence[str]
    valid: timedelta
    every: float
    """Minutes of the night."""
    says: Says
    key: str = ""
    frame: int = 0


@dataclass(slots=True)
class Sent:
    """What the network handed over, lost on the way, and could not hand over."""

    accepted: int = 0
    lost: int = 0
    refused: int = 0
    last: str = ""
    """Why one was refused at last."""
    silent: set[str] = field(default_factory=set)
    """Places whose device has died."""


def streets(scenario: Scenario, town: Town, night: Night) -> Iterator[Device]:
    """A surface sensor at each watched street; some of them are weather stations."""
    valid = _valid(scenario)
    for street in town.watched:
        fields = [name for name in OBSERVES if name != "level"] if street.id in town.stations else ["surface"]
        says = partial(night.says, street)
        yield Device(
            f"fahrbahn-{street.id}",
            street.name,
            street.middle,
            fields,
            valid,
            scenario.devices.every_minutes,
            says,
        )


def containers(scenario: Scenario, town: Town, stores: Stores) -> Iterator[Device]:
    """A sensor beneath each lid."""
    for box in town.containers:

        def says(minute: float, box: str = box.id) -> Mapping[str, float]:
            return {"level": stores.percent(box, minute)}

        every = SELDOM * scenario.devices.every_minutes
        yield Device(box.id, box.name, box.at, ["level"], SELDOM * _valid(scenario), every, says)


def _valid(scenario: Scenario) -> timedelta:
    return max(LEAST_LIVE, timedelta(seconds=scenario.seconds(scenario.devices.valid_minutes)))


async def register(portal: Portal, devices: Sequence[Device], say: Progress) -> Sequence[Device]:
    """By the editors' API, as a person would: a Thing that lies somewhere, then the device on it."""
    gate = asyncio.Semaphore(AT_ONCE // 2)

    async def one(device: Device) -> Device:
        async with gate:
            thing = await portal.post(f"{STA}/Things", _thing(device), EDITOR)
            body = _described(device, thing["@iot.id"])
            device.key = (await portal.post("/api/sensors/v1/devices", body, EDITOR))["key"]
        return device

    first, *others = devices
    # The first makes what all share: the properties that are observed.
    found = [await one(first), *await asyncio.gather(*map(one, others))]
    say(f"{len(found)} devices are registered, each with a key of its own")
    return found


def _thing(device: Device) -> Mapping[str, Any]:
    about = {"description": "Demodaten", "name": device.place}
    point = {"type": "Point", "coordinates": list(device.at)}
    place = {**about, "encodingType": "application/geo+json", "location": point}
    # Other services are told what a Thing carries itself.
    return {**about, "properties": {"demo": True, "location": point}, "Locations": [place]}


def _described(device: Device, thing: str) -> Mapping[str, Any]:
    return {
        "device_id": device.id,
        "thing_id": thing,
        "sensor": {"name": f"{OBSERVES[device.fields[0]][0]} (Demodaten)"},
        "datastreams": [
            {
                "field": name,
                "name": OBSERVES[name][0],
                "observed_property": {"name": OBSERVES[name][0], "definition": OBSERVES[name][1]},
                "unit": OBSERVES[name][2],
                "valid_for": f"PT{device.valid.total_seconds():.1f}S",
            }
            for name in device.fields
        ],
    }


class Network:
    """Sends each device's messages, spread over its interval."""

    def __init__(self, portal: Portal, scenario: Scenario, clock: NightClock) -> None:
        self._portal, self._scenario, self._clock = portal, scenario, clock
        self._session = datetime.now(UTC).isoformat()
        self.sent = Sent()

    async def run(self, devices: Sequence[Device]) -> None:
        """Until it is cancelled."""
        draw = random.Random(self._scenario.seed)  # noqa: S311 — a made-up night is no secret
        dying = draw.choice([one for one in devices if "level" not in one.fields])
        async with asyncio.TaskGroup() as together:
            for device in devices:
                dies = self._scenario.minute(self._scenario.devices.dies_at) if device is dying else None
                together.create_task(self._reports(device, draw.uniform(0, device.every), dies))

    async def _reports(self, device: Device, at: float, dies: int | None) -> None:
        while True:
            await self._clock.until(at)
            if dies is not None and at >= dies:
                self.sent.silent.add(device.place)
                return
            await self._report(device, at)
            # Who is late leaves messages out, as a radio would.
            at += device.every * max(1, int((self._clock.minute - at) // device.every))

    async def _report(self, device: Device, minute: float) -> None:
        said = device.says(minute)
        device.frame += 1
        if said is None:
            self.sent.lost += 1
            return
        now = datetime.now(UTC).isoformat()
        body = {
            "end_device_ids": {
                "device_id": device.id,
                "application_ids": {"application_id": "mash-simulator"},
            },
            "received_at": now,
            "uplink_message": {
                "session_key_id": self._session,
                "f_port": 1,
                "f_cnt": device.frame,
                "decoded_payload": said,
                "received_at": now,
            },
        }
        try:
            await self._portal.post(UPLINKS, body, key=device.key)
            self.sent.accepted += 1
        except (Refused, LauncherError) as err:
            self.sent.refused += 1
            self.sent.last = str(err)
