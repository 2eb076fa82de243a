# SPDX-License-Identifier: EUPL-1.2
"""The probe: a service that only listens, and sends on a stream."""

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_probe import events  # type: ignore[import-not-found]
from mash_probe.script import Script  # type: ignore[import-not-found]
from mash_sdk.clock import Clock, system_clock
from mash_sdk.kafka import Outlet
from mash_sdk.program import Program
from mash_sdk.settings import Settings


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    return Program(
        package=__package__,
        settings=settings,
        events=events.subscriptions,
        streams=[events.readings],
        outlets=[Outlet(ObservationBatch, clock)],
        provides={Script: Script()},
        clock=clock,
    )
