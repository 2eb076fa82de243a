# SPDX-License-Identifier: EUPL-1.2
"""Preparing what another authority decides: a document with the answers, and what to take along.

Nothing is handed in: the answers stay in the draft, and the document is printed of it when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mash_forms.model.handover import Handover, Point, concerning
from mash_forms.service.cases import Cases
from mash_forms.service.documents import contact_of
from mash_forms.service.drafts import DraftService, Opened
from mash_forms.service.ports import Catalogue, City, PreparedSheet, Printer
from mash_forms.signals import DOCUMENTS_PREPARED
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound
from mash_sdk.telemetry import count


@dataclass(frozen=True)
class Prepared:
    """A draft to be taken to another authority."""

    opened: Opened
    handover: Handover
    notes: Sequence[Point]
    papers: Sequence[Point]
    city: City

    @property
    def complete(self) -> bool:
        """Tell whether all is answered, and rightly."""
        return not self.opened.complaints


class PreparationService:
    """Use cases of whoever prepares what another authority decides."""

    def __init__(self, drafts: DraftService, cases: Cases, catalogue: Catalogue, printer: Printer) -> None:
        self._drafts = drafts
        self._cases = cases
        self._catalogue = catalogue
        self._printer = printer

    async def one(self, draft_id: str, name: str, who: Principal, unit: Unit) -> Prepared:
        """Return what is prepared. NotFound for a form that ends in an application, and as for drafts."""
        opened = await self._drafts.one(draft_id, name, who, unit)
        handover = opened.filled.form.handover
        if handover is None:
            raise NotFound("Diese Seite gibt es nicht.")
        city = await self._catalogue.city(unit.tenant)
        world = opened.filled.world
        return Prepared(
            opened, handover, concerning(handover.notes, world), concerning(handover.papers, world), city
        )

    async def sheet(self, draft_id: str, name: str, who: Principal, unit: Unit) -> PreparedSheet:
        """Return what the document says, in German, as the authority reads it. NotFound until it is whole."""
        prepared = await self.one(draft_id, name, who, unit)
        if not prepared.complete:
            raise NotFound("Es fehlen noch Angaben.")
        draft, filled = prepared.opened.draft, prepared.opened.filled
        form = await self._cases.form(draft.form, draft.form_version, unit)
        handover = form.handover
        if handover is None:
            raise NotFound("Diese Seite gibt es nicht.")
        now = unit.clock.now().astimezone(ZoneInfo(prepared.city.timezone))
        count(DOCUMENTS_PREPARED, attributes={"mash.form": form.name})
        return PreparedSheet(
            city=prepared.city.full_title,
            authority=form.office.title,
            contact=contact_of(form.office),
            title=handover.title,
            dated=now.date(),
            name=f"{filled.data.get('given_name', '')} {filled.data.get('family_name', '')}".strip(),
            text=handover.text,
            rows=form.answers(filled.data, handover.shows),
            order="Reihenfolge wie im Vordruck" if handover.order_source else "Reihenfolge: Demodaten",
            notes=[marked(note) for note in concerning(handover.notes, filled.world)],
            papers=[marked(paper) for paper in concerning(handover.papers, filled.world)],
            demo=prepared.city.demo,
            rendered_at=now,
        )

    async def render(self, sheet: PreparedSheet) -> bytes:
        """Return the PDF of a document."""
        return await self._printer.prepare(sheet)


def marked(point: Point) -> str:
    """Return what it says, marked if it is made up for the demo."""
    return f"{point.title} (Demodaten)" if point.demo else point.title
