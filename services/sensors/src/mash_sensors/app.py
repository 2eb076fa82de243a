# SPDX-License-Identifier: EUPL-1.2
"""The whole of sensors on one screen."""

from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants
from mash_sensors import api
from mash_sensors.service import ThingService
from mash_sensors.settings import Settings
from mash_sensors.store import ThingStore


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    things = observed(ThingService(ThingStore()), "sensors")
    program = Program(package=__package__, settings=settings, http=[api.router], clock=clock)
    program.provides = {ThingService: things, Tenants: program.tenants}
    return program
