# SPDX-License-Identifier: EUPL-1.2
"""Cases: an application together with the version of the form it stays with, and its documents."""

from mash_forms.model.application import Application
from mash_forms.model.definition import read_form
from mash_forms.service.ports import Case, Documents, FormVersions
from mash_sdk.database import Unit
from mash_sdk.problems import NotFound


class Cases:
    """Puts cases together for the use cases. Who may see one, and that it is noted, is theirs to say."""

    def __init__(self, versions: FormVersions, documents: Documents) -> None:
        self._versions = versions
        self._documents = documents

    async def of(self, application: Application, unit: Unit) -> Case:
        """Return the case of an application."""
        definition = await self._versions.definition(unit, application.form, application.form_version)
        if definition is None:
            raise NotFound("Die Fassung des Formulars fehlt.")
        documents = await self._documents.of(unit, application.id)
        return Case(application, read_form(definition, application.applicant.language), documents)
