# SPDX-License-Identifier: EUPL-1.2
"""Cases: an application together with the version of the form it stays with, and its documents."""

from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from mash_forms.model.application import Application
from mash_forms.model.cosigning import Request, Standing
from mash_forms.model.definition import read_form
from mash_forms.model.form import Form, Raw
from mash_forms.model.workflow import Course
from mash_forms.service.ports import Attachments, Case, Catalogue, Confirmation, Documents, FormVersions
from mash_sdk.database import Unit
from mash_sdk.problems import NotFound

REMEMBERED = 200
"""Versions of forms that are kept read. They never change, and to read one takes its time."""


class Signatures(Protocol):
    """Where second signatures are."""

    async def of(self, unit: Unit, draft_id: str) -> Request | None:
        """Return the newest request of an application."""
        ...


class Confirmations(Protocol):
    """Where confirmed proofs are."""

    async def confirmed(self, unit: Unit, application_id: str) -> Confirmation | None: ...


class Cases:
    """Puts cases together for the use cases. Who may see one, and that it is noted, is theirs to say."""

    def __init__(
        self,
        versions: FormVersions,
        documents: Documents,
        attachments: Attachments,
        catalogue: Catalogue,
        signatures: Signatures,
        proofs: Confirmations,
    ) -> None:
        self._signatures = signatures
        self._proofs = proofs
        self._versions = versions
        self._documents = documents
        self._attachments = attachments
        self._catalogue = catalogue
        self._read: dict[tuple[str, str, str, str], Form] = {}

    async def of(self, application: Application, unit: Unit) -> Case:
        """Return the case of an application, in German: so the office works, and so it writes."""
        form = await self.form(application.form, application.form_version, unit)
        documents = await self._documents.of(unit, application.id)
        files = await self._attachments.of(unit, application.id)
        signature = await self._signatures.of(unit, application.id) if form.cosigner else None
        signed = signature if signature and signature.standing is Standing.SIGNED else None
        proven = await self._proofs.confirmed(unit, application.id) if form.represents else None
        return Case(application, form, documents, files, signed, proven)

    async def course(self, application: Application, unit: Unit) -> Course:
        """Return the workflow an application stays with, in its city."""
        form = await self.form(application.form, application.form_version, unit)
        return Course(form.workflow, await self.zone(unit))

    async def zone(self, unit: Unit) -> ZoneInfo:
        """Return the city's time zone."""
        return ZoneInfo((await self._catalogue.city(unit.tenant)).timezone)

    async def today(self, unit: Unit) -> date:
        """Return the day it is in the city."""
        return unit.clock.now().astimezone(await self.zone(unit)).date()

    async def form(self, name: str, version: str, unit: Unit, language: str = "de") -> Form:
        """Return a version of a form that something was begun or handed in with."""
        key = (unit.tenant, name, version, language)
        if key not in self._read:
            definition = await self._versions.definition(unit, name, version)
            if definition is None:
                raise NotFound("Die Fassung des Formulars fehlt.")
            self._remember(key, definition, language)
        return self._read[key]

    def spoken(self, form: Form, language: str, unit: Unit) -> Form:
        """Return a form in another of its languages; as it is, if it is not in that one."""
        if language == form.spoken or language not in form.languages:
            return form
        key = (unit.tenant, form.name, form.version, language)
        if key not in self._read:
            self._remember(key, form.definition, language)
        return self._read[key]

    def _remember(self, key: tuple[str, str, str, str], definition: Raw, language: str) -> None:
        if len(self._read) >= REMEMBERED:
            del self._read[next(iter(self._read))]
        self._read[key] = read_form(definition, language)
