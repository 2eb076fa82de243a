# SPDX-License-Identifier: EUPL-1.2
"""The whole of sensors on one screen."""

from mash.sensors.v1.sensors_pb2_grpc import add_ThingServiceServicer_to_server
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.rpc import RpcDoor
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants
from mash_sensors import api
from mash_sensors.rpc import ThingRpc
from mash_sensors.service import ThingService
from mash_sensors.settings import Settings
from mash_sensors.store import SqlThings

NAME = "sensors"


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    things = observed(ThingService(SqlThings()), "sensors")
    return Program(
        package="mash_sensors",
        settings=settings,
        database=Database(settings, NAME, clock),
        http=[api.router],
        rpc=[RpcDoor(add_ThingServiceServicer_to_server, ThingRpc(things))],
        provides={ThingService: things, Tenants: Tenants.load(settings.cities, settings.public_url)},
        clock=clock,
    )
