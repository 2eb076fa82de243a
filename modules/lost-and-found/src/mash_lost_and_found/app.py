# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from zoneinfo import ZoneInfo

from mash_lost_and_found import api, events, views
from mash_lost_and_found.service import LostAndFoundService
from mash_lost_and_found.settings import Settings
from mash_lost_and_found.store import SqlMatches, SqlReports
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.telemetry import observed
from mash_sdk.tenants import Tenants


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    tenants = Tenants.load(settings.cities, settings.public_url)
    use = LostAndFoundService(
        SqlReports(), SqlMatches(), settings.times, lambda tenant: ZoneInfo(tenants[tenant].timezone)
    )
    return Program(
        package="mash_lost_and_found",
        settings=settings,
        database=Database(settings, "lost-and-found", clock),
        http=[api.router, views.router],
        events=events.subscriptions,
        provides={LostAndFoundService: observed(use, "lost_and_found")},
        clock=clock,
    )
