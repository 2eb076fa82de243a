# SPDX-License-Identifier: EUPL-1.2
"""The probe: a service that only listens."""

from mash_probe import events  # type: ignore[import-not-found]
from mash_probe.script import Script  # type: ignore[import-not-found]
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.settings import Settings


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    return Program(
        package="mash_probe",
        settings=settings,
        database=Database(settings, "probe", clock),
        events=events.subscriptions,
        provides={Script: Script()},
        clock=clock,
    )
