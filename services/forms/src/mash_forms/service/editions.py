# SPDX-License-Identifier: EUPL-1.2
"""The catalogue as it was published: a version of a form never changes once it was seen.

Files may change at any time; whoever alters one has to give it another version. Until then what was
published goes on serving, and the log says why.
"""

import logging
from collections.abc import Sequence

from mash_forms.model.definition import read_form
from mash_forms.model.form import Form
from mash_forms.service.ports import Catalogue, City, Editions
from mash_forms.signals import FORMS_ALTERED
from mash_sdk.database import Database
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

_Key = tuple[str, str, str, str]


class PublishedCatalogue:
    """A Catalogue over another one, that of the files."""

    def __init__(self, files: Catalogue, editions: Editions, database: Database) -> None:
        self._files = files
        self._editions = editions
        self._database = database
        self._altered: dict[_Key, Form | None] = {}
        """Tenant, form, version, content → what was published instead; None if this is what was."""

    async def city(self, tenant: str) -> City:
        return await self._files.city(tenant)

    async def forms(self, tenant: str) -> Sequence[Form]:
        return [await self._published(tenant, form) for form in await self._files.forms(tenant)]

    async def form(self, tenant: str, name: str) -> Form | None:
        form = await self._files.form(tenant, name)
        return None if form is None else await self._published(tenant, form)

    async def _published(self, tenant: str, form: Form) -> Form:
        key = (tenant, form.name, form.declared, form.content)
        if key not in self._altered:
            self._altered[key] = await self._instead(tenant, form)
        return self._altered[key] or form

    async def _instead(self, tenant: str, form: Form) -> Form | None:
        async with self._database.unit(tenant) as unit:
            found = await self._editions.first(unit, form)
        if found.content == form.content:
            return None
        count(FORMS_ALTERED)
        log.warning(
            "%s/forms/%s.yaml was altered under version %s, which was published on %s and goes on serving; "
            "raise `version` to publish the change",
            tenant,
            form.name,
            form.declared,
            found.published_at.date(),
        )
        return read_form(found.definition, (await self._files.city(tenant)).languages[0])
