# SPDX-License-Identifier: EUPL-1.2
"""The whole of sensors on one screen."""

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.clock import Clock, system_clock
from mash_sdk.kafka import Outlet
from mash_sdk.program import Program
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants
from mash_sensors import events
from mash_sensors.api import devices, sensorthings, uplinks
from mash_sensors.service.devices import DeviceService
from mash_sensors.service.reading import ReadingService
from mash_sensors.service.recorder import Recorder
from mash_sensors.service.things import ThingService
from mash_sensors.service.upkeep import Upkeep
from mash_sensors.service.uplinks import DeviceKeys, UplinkService
from mash_sensors.settings import Settings
from mash_sensors.store.catalogue import CatalogueStore
from mash_sensors.store.devices import DeviceStore
from mash_sensors.store.observations import ObservationStore
from mash_sensors.store.recorder import RecorderStore
from mash_sensors.store.things import ThingStore


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    database = program.database
    outlet = Outlet(ObservationBatch, clock)
    known, catalogue, recorded = DeviceStore(), CatalogueStore(), RecorderStore()
    keys = DeviceKeys(database.unit, known, clock, settings.key_seconds)
    things = ThingService(ThingStore())
    accepting = UplinkService(database.unit, known, outlet, clock, settings.key_seconds)
    program.http = [sensorthings.router, devices.router, uplinks.router]
    program.streams = [events.observations]
    program.outlets = [outlet]
    program.provides = {
        DeviceKeys: keys,
        DeviceService: observed(DeviceService(known, catalogue, things, keys), "devices"),
        ReadingService: observed(ReadingService(catalogue, ObservationStore()), "reading"),
        Recorder: observed(Recorder(recorded), "recorder"),
        Tenants: program.tenants,
        ThingService: observed(things, "sensors"),
        UplinkService: observed(accepting, "uplinks"),
    }
    program.runs = [Upkeep(database.worker_unit, recorded).run]
    return program
