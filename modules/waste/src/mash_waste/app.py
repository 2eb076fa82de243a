# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import Peers
from mash_sdk.telemetry import observed
from mash_waste import events
from mash_waste.api import bins as bins_api
from mash_waste.api import deliveries as deliveries_api
from mash_waste.api import plans as plans_api
from mash_waste.gateways import city_files
from mash_waste.gateways.forms import FormsGateway
from mash_waste.gateways.sensors import SensorsGateway
from mash_waste.gateways.solving import TourSolver
from mash_waste.public import LOOK_EVERY, Publication
from mash_waste.service.bins import BinService
from mash_waste.service.catalogue import Catalogue
from mash_waste.service.deliveries import DeliveryService
from mash_waste.service.retention import Retention
from mash_waste.service.touring import TouringService
from mash_waste.service.watch import Watch
from mash_waste.settings import Settings
from mash_waste.store.bins import EmptyingStore, StateStore
from mash_waste.store.deliveries import DeliveryStore
from mash_waste.store.plans import PlanStore
from mash_waste.store.readings import ReadingStore
from mash_waste.views import bins as bins_views
from mash_waste.views import deliveries as deliveries_views
from mash_waste.views import tours as tours_views


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    database, tenants = program.database, program.tenants
    peers = Peers(settings, program.name, clock)
    cities, fleets = city_files.bins(settings.cities), city_files.fleets(settings.cities)
    readings, states, emptyings = ReadingStore(), StateStore(), EmptyingStore()
    kept_plans, kept_deliveries = PlanStore(), DeliveryStore()
    bins = observed(BinService(cities, states, emptyings), "bins")
    publishing = Publishing(Publication(bins).publish, every=LOOK_EVERY)
    catalogue = Catalogue(tenants, SensorsGateway(peers, settings.sensors_grpc))
    watch = observed(Watch(catalogue, cities, readings, states, emptyings, publishing.changed), "watch")

    def zone(tenant: str) -> ZoneInfo:
        return ZoneInfo(tenants[tenant].timezone)

    touring = TouringService(
        cities,
        fleets,
        zone,
        TourSolver(),
        kept_plans,
        states,
        emptyings,
        watch,
        publishing.changed,
        settings.plan_seconds,
    )
    orders = [one.strip() for one in settings.order_forms.split(",") if one.strip()]
    forms = FormsGateway(peers, settings.forms_grpc)
    deliveries = DeliveryService(database.unit, forms, kept_deliveries, orders)
    retention = Retention(
        database.worker_unit,
        [
            (readings, timedelta(days=settings.reading_days)),
            (kept_plans, timedelta(days=settings.plan_days)),
            (emptyings, timedelta(days=settings.plan_days)),
            (kept_deliveries, timedelta(days=settings.delivery_days)),
        ],
    )
    program.http = [
        bins_api.router,
        plans_api.router,
        deliveries_api.router,
        bins_views.router,
        tours_views.router,
        deliveries_views.router,
    ]
    program.events = events.subscriptions
    program.streams = [events.readings]
    program.provides = {
        BinService: bins,
        Catalogue: catalogue,
        DeliveryService: observed(deliveries, "deliveries"),
        Retention: retention,
        TouringService: observed(touring, "touring"),
        Watch: watch,
    }
    program.publishes = publishing
    program.runs = [catalogue.run, retention.run]
    program.closes = [peers]
    return program
