# SPDX-License-Identifier: EUPL-1.2
"""The only wiring: what is made, and who gets what."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from mash_lost_and_found import api, events, views
from mash_lost_and_found.service import Keep, LostAndFoundService, Retention
from mash_lost_and_found.settings import Settings
from mash_lost_and_found.store import SqlMatches, SqlReports
from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.telemetry import observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    tenants = program.tenants
    reports = SqlReports()
    use = LostAndFoundService(
        reports,
        SqlMatches(),
        settings.times,
        lambda tenant: ZoneInfo(tenants[tenant].timezone),
        Keep(open=timedelta(days=settings.open_days), closed=timedelta(days=settings.closed_days)),
    )
    program.http = [api.router, views.router]
    program.events = events.subscriptions
    program.provides = {LostAndFoundService: observed(use, "lost_and_found")}
    program.runs = [Retention(program.database.worker_unit, reports).run]
    return program
