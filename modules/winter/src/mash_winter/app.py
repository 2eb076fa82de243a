# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.telemetry import observed
from mash_winter import views
from mash_winter.api import segments
from mash_winter.gateways.city_network import CityNetworks
from mash_winter.service.streets import StreetService
from mash_winter.settings import Settings


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    program.http = [segments.router, views.router]
    program.provides = {
        StreetService: observed(StreetService(CityNetworks(settings.cities)), "streets"),
    }
    return program
