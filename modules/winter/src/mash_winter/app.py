# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from datetime import timedelta

from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import Peers
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants
from mash_winter import events
from mash_winter.api import cap, datex2, plans, segments
from mash_winter.api import containers as containers_api
from mash_winter.api import signs as signs_api
from mash_winter.api import warnings as warnings_api
from mash_winter.gateways.city_files import fleets, ice_rules, networks, sign_files
from mash_winter.gateways.notify import NotifyGateway
from mash_winter.gateways.sensors import SensorsGateway
from mash_winter.gateways.signs import drivers
from mash_winter.gateways.signs.controllers import Controllers
from mash_winter.gateways.solving import TourSolver
from mash_winter.public import LOOK_EVERY, Publication
from mash_winter.service.catalogue import Catalogue
from mash_winter.service.containers import ContainerService
from mash_winter.service.gritting import GrittingService
from mash_winter.service.signboard import Signboard
from mash_winter.service.situation import SituationService
from mash_winter.service.streets import StreetService
from mash_winter.service.switching import Switching
from mash_winter.service.telling import Telling
from mash_winter.service.upkeep import Retention, Upkeep
from mash_winter.service.watch import Watch
from mash_winter.settings import Settings
from mash_winter.store.containers import LevelStore, SupplyStore
from mash_winter.store.plans import PlanStore
from mash_winter.store.readings import ReadingStore
from mash_winter.store.signs import SignStore
from mash_winter.store.told import ToldStore
from mash_winter.store.warnings import WarningStore
from mash_winter.views import containers as containers_views
from mash_winter.views import gritting as gritting_views
from mash_winter.views import signs as signs_views
from mash_winter.views import situation as situation_views
from mash_winter.views import streets as streets_views


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    database, tenants = program.database, program.tenants
    peers = Peers(settings, program.name, clock)
    network, rules = networks(settings.cities), ice_rules(settings.cities)
    city_fleets = fleets(settings.cities)
    readings, warnings, kept_plans = ReadingStore(), WarningStore(), PlanStore()
    levels, supplies = LevelStore(), SupplyStore()
    streets = observed(StreetService(network, rules, readings, warnings), "streets")
    publishing = Publishing(Publication(streets).publish, every=LOOK_EVERY)
    catalogue = Catalogue(tenants, SensorsGateway(peers, settings.sensors_grpc))
    files, boards = sign_files(settings.cities), SignStore()
    signboard = observed(Signboard(files, boards, warnings), "signboard")
    watch = observed(
        Watch(catalogue, network, rules, readings, warnings, signboard, publishing.changed), "watch"
    )
    controllers = Controllers.read(settings.sign_controllers.get_secret_value())
    speaking = drivers(controllers, settings.sign_seconds)
    switching = Switching(database.worker_unit, database.unit, files, boards, speaking, database.hear, clock)
    containers = observed(ContainerService(catalogue, network, city_fleets, levels, supplies), "containers")
    gritting = GrittingService(
        network, city_fleets, containers, TourSolver(), kept_plans, settings.plan_seconds
    )
    situation = observed(SituationService(streets, containers, gritting, kept_plans), "situation")
    upkeep = Upkeep(tenants, database.unit, watch)
    retention = Retention(
        database.worker_unit,
        (
            (readings, timedelta(days=settings.reading_days)),
            (warnings, timedelta(days=settings.warning_days)),
            (kept_plans, timedelta(days=settings.plan_days)),
            (levels, timedelta(days=settings.level_days)),
        ),
    )
    notify = NotifyGateway(peers, settings.notify_grpc)
    telling = observed(Telling(tenants, database.unit, watch, notify, ToldStore()), "telling")
    program.http = [
        warnings_api.router,
        segments.router,
        cap.router,
        datex2.router,
        plans.router,
        containers_api.router,
        signs_api.router,
        streets_views.router,
        situation_views.router,  # before gritting's: `now` is no plan's id
        gritting_views.router,
        containers_views.router,
        signs_views.router,
    ]
    program.events = events.subscriptions
    program.streams = [events.readings]
    program.provides = {
        Catalogue: catalogue,
        ContainerService: containers,
        GrittingService: observed(gritting, "gritting"),
        Retention: retention,
        Signboard: signboard,
        SituationService: situation,
        StreetService: streets,
        Switching: switching,
        Telling: telling,
        Tenants: tenants,
        Upkeep: upkeep,
        Watch: watch,
    }
    program.publishes = publishing
    program.runs = [catalogue.run, upkeep.run, telling.run, retention.run, switching.run]
    program.closes = [peers, *speaking.values()]
    return program
