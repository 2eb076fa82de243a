# SPDX-License-Identifier: EUPL-1.2
"""The whole of sensors on one screen."""

from mash.sensors.v1.alerts_pb2_grpc import add_AlertServiceServicer_to_server
from mash.sensors.v1.datastreams_pb2_grpc import add_DatastreamServiceServicer_to_server
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.clock import Clock, system_clock
from mash_sdk.kafka import Outlet
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import RpcDoor
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants
from mash_sensors import events, views
from mash_sensors.api import broker as broker_api
from mash_sensors.api import chirpstack, devices, now, uplinks
from mash_sensors.api.sta import batch, observe, reads, writes
from mash_sensors.gateways.city_codecs import CityCodecs
from mash_sensors.gateways.city_devices import CityDevices
from mash_sensors.gateways.city_rules import CityRules
from mash_sensors.mqtt.bridge import Bridge
from mash_sensors.mqtt.door import MqttDoor
from mash_sensors.mqtt.link import Address
from mash_sensors.public import LOOK_EVERY, Publication
from mash_sensors.rpc import AlertRpc, DatastreamRpc
from mash_sensors.service.alerts import AlertService
from mash_sensors.service.board import Board
from mash_sensors.service.broker import BrokerAccess, BrokerKey
from mash_sensors.service.devices import KEYS, DeviceService
from mash_sensors.service.entities import EntityService
from mash_sensors.service.holders import Holders
from mash_sensors.service.inventory import Inventory
from mash_sensors.service.making import MakingService
from mash_sensors.service.newest import NewestService
from mash_sensors.service.observing import ObservingService
from mash_sensors.service.receipts import Receipts
from mash_sensors.service.recorder import Recorder
from mash_sensors.service.shown import Recorded
from mash_sensors.service.sources import SourceService
from mash_sensors.service.tallying import Tallying
from mash_sensors.service.things import ThingService
from mash_sensors.service.upkeep import Upkeep
from mash_sensors.service.uplinks import DeviceKeys, UplinkService
from mash_sensors.service.watch import Watch
from mash_sensors.service.writable import Streams
from mash_sensors.settings import Settings
from mash_sensors.store.alerts import AlertStore
from mash_sensors.store.catalogue import CatalogueStore
from mash_sensors.store.devices import DeviceStore
from mash_sensors.store.newest import NewestStore
from mash_sensors.store.recorder import RecorderStore
from mash_sensors.store.sta.reader import Reader
from mash_sensors.store.sta.writer import Writer
from mash_sensors.store.tallies import TallyStore
from mash_sensors.store.things import ThingStore


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    database = program.database
    outlet = Outlet(ObservationBatch, clock)
    known, catalogue, recorded = DeviceStore(), CatalogueStore(), RecorderStore()
    keys = DeviceKeys(database.unit, known, clock, settings.key_seconds)
    rules, warnings = CityRules(settings.cities), AlertStore()
    codecs = CityCodecs(settings.cities)
    things = ThingService(ThingStore())
    alerts = observed(AlertService(rules, warnings, catalogue, ThingStore()), "alerts")
    newest = observed(NewestService(NewestStore()), "newest")
    publishing = Publishing(Publication(newest, alerts).publish, every=LOOK_EVERY)
    accepting = UplinkService(database.unit, known, codecs, outlet, clock, settings.key_seconds)
    registry = DeviceService(known, catalogue, things, codecs)
    database.hear(KEYS, keys.forget)
    lists = CityDevices(settings.cities)
    inventory = Inventory(database.unit, lists, program.tenants, known, ThingStore(), registry)
    # What is asked most comes first: routes are tried one by one.
    program.http = [uplinks.router, chirpstack.router, now.router, observe.router, reads.router]
    program.http += [writes.router, batch.router, devices.router, broker_api.router, views.router]
    reader = Reader()
    streams = Streams(database.unit, recorded, clock, settings.key_seconds)
    making = MakingService(reader, Writer(), things, publishing.changed, streams.forget)
    receipts, written = Receipts(database.worker_unit, recorded), Recorded(database.unit, reader)
    observing = ObservingService(database.unit, streams, making, outlet, receipts, written, clock)
    taking = observed(observing, "observing")
    holders = Holders(keys, frozenset(program.tenants))
    access = BrokerAccess(database.unit, holders, known, recorded)
    mqtt = MqttDoor(settings.mqtt, holders, taking, program.tenants)
    broker = None
    if settings.mqtt_broker is not None:
        broker = Address.of(settings.mqtt_broker, settings.mqtt_broker_password)
    bridge = Bridge(broker, settings.mqtt_sessions, database, taking, program.tenants)
    recorder = Recorder(recorded, Watch(rules, warnings), publishing.changed, [mqtt.tell, bridge.tell])
    tallying = Tallying(database.worker_unit, TallyStore())
    sources = observed(SourceService(catalogue), "sources")
    program.rpc = [
        RpcDoor(add_AlertServiceServicer_to_server, AlertRpc(alerts)),
        RpcDoor(add_DatastreamServiceServicer_to_server, DatastreamRpc(sources)),
    ]
    program.streams = [events.observations]
    program.outlets = [outlet]
    program.provides = {
        DeviceKeys: keys,
        DeviceService: observed(registry, "devices"),
        EntityService: observed(EntityService(reader), "entities"),
        MakingService: observed(making, "making"),
        ObservingService: taking,
        AlertService: alerts,
        Bridge: bridge,
        BrokerAccess: observed(access, "broker"),
        BrokerKey: BrokerKey(settings.mqtt_broker_key),
        Board: observed(Board(newest, alerts, things), "board"),
        MqttDoor: mqtt,
        NewestService: newest,
        Recorder: observed(recorder, "recorder"),
        Tallying: tallying,
        Tenants: program.tenants,
        ThingService: observed(things, "sensors"),
        UplinkService: observed(accepting, "uplinks"),
    }
    program.publishes = publishing
    program.closes = [receipts, written]
    program.runs = [Upkeep(database.worker_unit, recorded).run, tallying.run]
    program.runs += [mqtt.run, bridge.run, inventory.run]
    return program
