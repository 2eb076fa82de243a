# SPDX-License-Identifier: EUPL-1.2
"""Use cases: report a thing, match it, agree when to collect it, withdraw a report; and how reports end."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from mash_lost_and_found.model import Category, Kind, Match, Report, appointments, likeness, words
from mash_lost_and_found.signals import AGREED, DELETED, MATCHED, REPORTED
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound
from mash_sdk.running import Running
from mash_sdk.telemetry import count

LONGEST: Final = {"description": 500, "place": 200, "contact": 200}
"""Letters of each text, at most."""
EVERY: Final = 3600.0
"""Seconds between two looks at what is to be deleted."""
BATCH: Final = 200
"""Reports that one transaction deletes, at most."""

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a report is kept: open, since it was filed; closed, since its thing was to be collected."""

    open: timedelta
    closed: timedelta


@dataclass(frozen=True, slots=True)
class FileReport:
    id: str
    kind: Kind
    category: Category
    description: str
    place: str
    day: date
    reporter: str
    contact: str


@dataclass(frozen=True, slots=True)
class Collect:
    match_id: str
    reporter: str
    at: datetime


class Reports(Protocol):
    async def add(self, unit: Unit, report: Report) -> bool:
        """False if a report of that id is there already."""
        ...

    async def find(self, unit: Unit, report_id: str) -> Report | None: ...

    async def of_reporter(
        self, unit: Unit, reporter: str, *, limit: int, after: str | None
    ) -> Sequence[Report]: ...

    def opposite(self, unit: Unit, report: Report) -> AsyncIterator[Report]:
        """The open reports of the other kind and the same category."""
        ...

    async def lock_open(self, unit: Unit, report_ids: Sequence[str]) -> bool:
        """Lock them until the unit ends. False if one is not open any more."""
        ...

    async def close(self, unit: Unit, report_ids: Sequence[str], delete_after: datetime) -> None: ...

    async def delete(self, unit: Unit, report_id: str) -> None: ...

    async def expire(self, unit: Unit, limit: int) -> int:
        """Delete those whose time is over, at most `limit`. Returns how many."""
        ...


class Matches(Protocol):
    async def add(self, unit: Unit, match: Match) -> bool:
        """False if the two are matched already."""
        ...

    async def find(self, unit: Unit, match_id: str) -> Match | None: ...

    async def of_report(self, unit: Unit, report_id: str) -> Sequence[Match]:
        """Those that are agreed, or can be."""
        ...

    async def lock(self, unit: Unit, report_id: str) -> Sequence[Match]:
        """All of a report, locked until the unit ends."""
        ...

    async def taken(self, unit: Unit, since: datetime) -> set[datetime]: ...

    async def agree(self, unit: Unit, match: Match) -> bool:
        """False if the time or the thing was given to somebody else."""
        ...


class LostAndFoundService:
    def __init__(
        self,
        reports: Reports,
        matches: Matches,
        times: Sequence[time],
        zone_of: Callable[[str], ZoneInfo],
        keep: Keep,
    ) -> None:
        """`times`: of the day, for collecting. `zone_of`: a tenant's time zone."""
        self._reports = reports
        self._matches = matches
        self._times = times
        self._zone_of = zone_of
        self._keep = keep

    async def file(self, command: FileReport, unit: Unit) -> Report:
        """Filed twice under the same id, it is one report."""
        now = unit.clock.now()
        _check(command, now.astimezone(self._zone_of(unit.tenant)).date())
        report = Report(
            command.id,
            command.kind,
            command.category,
            command.description.strip(),
            command.place.strip(),
            command.day,
            command.reporter,
            command.contact.strip(),
            now,
            delete_after=now + self._keep.open,
        )
        if not await self._reports.add(unit, report):
            return await self.own(command.reporter, unit, command.id)
        report.file()
        unit.announce(*report.happened)
        count(REPORTED, attributes={"mash.report.kind": report.kind})
        return report

    async def match(self, report_id: str, unit: Unit) -> None:
        """Compare a report with those of the other kind; what is alike enough is proposed."""
        report = await self._reports.find(unit, report_id)
        if report is None:
            return  # withdrawn meanwhile
        async for other in self._reports.opposite(unit, report):
            lost, found = (report, other) if report.kind is Kind.LOST else (other, report)
            alike = likeness(lost, found)
            if not alike.enough:
                continue
            match = Match(new_id(), lost.id, found.id, alike.score, alike.reasons, unit.clock.now())
            if await self._matches.add(unit, match):
                match.propose()
                unit.announce(*match.happened)
                count(MATCHED)

    async def list_own(self, reporter: str, unit: Unit, *, limit: int, after: str | None) -> Sequence[Report]:
        return await self._reports.of_reporter(unit, reporter, limit=limit, after=after)

    async def own(self, reporter: str, unit: Unit, report_id: str) -> Report:
        """Raises NotFound also for somebody else's report."""
        report = await self._reports.find(unit, report_id)
        if report is None or report.reporter != reporter:
            raise NotFound("Diese Meldung gibt es nicht.")
        return report

    async def matches(self, report: Report, unit: Unit) -> Sequence[Match]:
        return await self._matches.of_report(unit, report.id)

    async def free(self, unit: Unit) -> list[datetime]:
        """When something can be collected."""
        now = unit.clock.now()
        taken = await self._matches.taken(unit, now)
        offered = appointments(now, self._zone_of(unit.tenant), self._times)
        return [at for at in offered if at not in taken]

    async def collect(self, command: Collect, unit: Unit) -> Match:
        """Only who lost the thing may agree a time; asked again for the same time, it is agreed already."""
        match = await self._matches.find(unit, command.match_id)
        if match is None:
            raise NotFound("Diesen Fund gibt es nicht.")
        await self.own(command.reporter, unit, match.lost_id)
        if match.collect_at == command.at:
            return match
        if match.collect_at is not None:
            raise Conflict("Für diesen Fund ist schon ein Termin vereinbart.", kind="agreed-already")
        both = (match.lost_id, match.found_id)
        if not await self._reports.lock_open(unit, both):
            raise Conflict("Dieser Fund ist schon vergeben.", kind="not-free")
        if command.at not in await self.free(unit):
            raise Conflict("Dieser Termin ist nicht frei. Bitte einen anderen wählen.", kind="not-free")
        match.agree(command.at)
        if not await self._matches.agree(unit, match):
            raise Conflict("Dieser Termin ist gerade vergeben worden.", kind="not-free")
        await self._reports.close(unit, both, command.at + self._keep.closed)
        unit.announce(*match.happened)
        count(AGREED)
        return match

    async def withdraw(self, reporter: str, unit: Unit, report_id: str) -> None:
        """Delete a report and what it matched, unless somebody is still to come for the thing."""
        await self.own(reporter, unit, report_id)
        matches = await self._matches.lock(unit, report_id)
        if any(match.awaited(unit.clock.now()) for match in matches):
            raise Conflict(
                "Ein Termin zur Abholung ist vereinbart. Danach können Sie die Meldung löschen.",
                kind="agreed-already",
            )
        await self._reports.delete(unit, report_id)
        count(DELETED)


class Retention:
    """Deletes by itself what may not be kept any longer."""

    def __init__(self, units: Units, reports: Reports) -> None:
        self._units = units
        self._reports = reports

    async def run(self, running: Running) -> None:
        """Delete what is due, again and again until the stop."""
        while True:
            await self.once()
            if await running.pause(EVERY):
                return

    async def once(self) -> None:
        """Delete all that is due now, of every tenant."""
        deleted = BATCH
        while deleted == BATCH:
            async with self._units() as unit:
                deleted = await self._reports.expire(unit, BATCH)
            count(DELETED, deleted)


def text_faults(texts: Mapping[str, str]) -> list[Fault]:
    """What is wrong with description, place and contact."""
    faults = [
        Fault(f"/{name}", "fehlt", "Bitte ausfüllen.")
        if not texts[name].strip()
        else Fault(f"/{name}", "ist zu lang", f"Höchstens {most} Zeichen.")
        for name, most in LONGEST.items()
        if not 0 < len(texts[name].strip()) <= most
    ]
    if texts["description"].strip() and not words(texts["description"]):
        faults.append(Fault("/description", "sagt zu wenig", "Bitte mit einigen Worten beschreiben."))
    return faults


def _check(command: FileReport, today: date) -> None:
    """Raise Invalid naming each field at fault."""
    faults = text_faults({name: getattr(command, name) for name in LONGEST})
    if command.day > today:
        faults.append(Fault("/day", "liegt in der Zukunft", "Bitte einen vergangenen Tag angeben."))
    if faults:
        raise Invalid("Angaben fehlen oder sind falsch.", errors=faults)
