# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from datetime import timedelta

from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import Peers
from mash_sdk.telemetry import observed
from mash_winter import events, views
from mash_winter.api import segments
from mash_winter.api import warnings as warnings_api
from mash_winter.gateways.city_files import ice_rules, networks
from mash_winter.gateways.sensors import SensorsGateway
from mash_winter.public import LOOK_EVERY, Publication
from mash_winter.service.catalogue import Catalogue
from mash_winter.service.streets import StreetService
from mash_winter.service.upkeep import Keep, Retention, Upkeep
from mash_winter.service.watch import Watch
from mash_winter.settings import Settings
from mash_winter.store.readings import ReadingStore
from mash_winter.store.warnings import WarningStore


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    database, tenants = program.database, program.tenants
    peers = Peers(settings, program.name, clock)
    network, rules = networks(settings.cities), ice_rules(settings.cities)
    readings, warnings = ReadingStore(), WarningStore()
    streets = observed(StreetService(network, rules, readings, warnings), "streets")
    publishing = Publishing(Publication(streets).publish, every=LOOK_EVERY)
    catalogue = Catalogue(tenants, SensorsGateway(peers, settings.sensors_grpc))
    watch = observed(Watch(catalogue, network, rules, readings, warnings, publishing.changed), "watch")
    keep = Keep(timedelta(days=settings.reading_days), timedelta(days=settings.warning_days))
    upkeep = Upkeep(tenants, database.unit, watch)
    retention = Retention(database.worker_unit, readings, warnings, keep)
    program.http = [warnings_api.router, segments.router, views.router]
    program.streams = [events.readings]
    program.provides = {
        Catalogue: catalogue,
        Retention: retention,
        StreetService: streets,
        Upkeep: upkeep,
        Watch: watch,
    }
    program.publishes = publishing
    program.runs = [catalogue.run, upkeep.run, retention.run]
    program.closes = [peers]
    return program
