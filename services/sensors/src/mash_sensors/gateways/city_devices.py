# SPDX-License-Identifier: EUPL-1.2
"""A city's devices, from its file sensors.toml (cities/README.md); `./mash city check` judges it better."""

import logging
import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mash_sensors.model.device import Kind
from mash_sensors.model.units import UNITS
from mash_sensors.service.devices import NewDatastream, NewProperty, NewSensor, RegisterDevice
from mash_sensors.service.inventory import Listed
from mash_sensors.service.things import RegisterThing

log = logging.getLogger(__name__)

_DURATION = TypeAdapter(timedelta)


class CityDevices:
    def __init__(self, cities: Path) -> None:
        self._cities = cities

    def of(self, tenant: str) -> Sequence[Listed]:
        """None where there is no file, or one that cannot be used: then the log says why."""
        file = self._cities / tenant / "sensors.toml"
        if not file.is_file():
            return ()
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8"))
            return [_listed(device) for device in found.get("devices", [])]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            log.warning("%s cannot be used, its devices are not registered: %r", file, fault)
            return ()


def _listed(device: Mapping[str, Any]) -> Listed:
    properties: dict[str, Any] = {"demo": True} if device.get("demo") else {}
    if "location" in device:
        longitude, latitude = map(float, device["location"])
        properties["location"] = {"type": "Point", "coordinates": [longitude, latitude]}
    return Listed(
        place=RegisterThing(device["place"], device["description"], properties or None),
        device=RegisterDevice(
            device_id=device["device_id"],
            dev_eui=device.get("dev_eui"),
            thing="",
            sensor=NewSensor(device["sensor"], "", "text/plain", ""),
            datastreams=[_datastream(one) for one in device["datastreams"]],
            webhook=device.get("webhook"),
            codec=device.get("codec"),
        ),
    )


def _datastream(one: Mapping[str, Any]) -> NewDatastream:
    if one["unit"] not in UNITS:
        raise ValueError(f"unit = {one['unit']!r} is not known")
    stuck_after = one.get("stuck_after")
    return NewDatastream(
        field=one["field"],
        name=one["name"],
        description="",
        observes=NewProperty(one["property"], one["observes"], ""),
        kind=Kind.NUMBER,
        unit=one["unit"],
        valid_for=_DURATION.validate_python(one["valid_for"]),
        lowest=one.get("lowest"),
        highest=one.get("highest"),
        stuck_after=None if stuck_after is None else _DURATION.validate_python(stuck_after),
    )
