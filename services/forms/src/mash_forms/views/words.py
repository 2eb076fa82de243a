# SPDX-License-Identifier: EUPL-1.2
"""Words and templates the pages share."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData

from mash_forms.http import named_application, named_document
from mash_forms.model.application import Outcome, State
from mash_sdk.http import Pages
from mash_sdk.problems import Invalid, NotFound

STATES: Mapping[State, str] = {
    State.INITIATED: "Angefangen",
    State.SUBMITTED: "Wartet auf Zahlung",
    State.RECEIVED: "Eingegangen",
    State.PROCESSING: "In Bearbeitung",
    State.ACTION_REQUIRED: "Rückfrage offen",
    State.COMPLETED: "Entschieden",
}
OUTCOMES: Mapping[Outcome, str] = {Outcome.APPROVED: "Genehmigt", Outcome.REJECTED: "Abgelehnt"}
KINDS: Mapping[State, str] = {
    State.INITIATED: "info",
    State.SUBMITTED: "warning",
    State.RECEIVED: "info",
    State.PROCESSING: "info",
    State.ACTION_REQUIRED: "warning",
    State.COMPLETED: "success",
}

pages = Pages(
    "mash_forms",
    filters={"state": STATES.__getitem__, "kind": KINDS.__getitem__, "outcome": OUTCOMES.__getitem__},
)


async def _application(application_id: str) -> str:
    try:
        return await named_application(application_id)
    except Invalid as err:
        raise NotFound("Diese Seite gibt es nicht.") from err


async def _document(document_id: str) -> str:
    try:
        return await named_document(document_id)
    except Invalid as err:
        raise NotFound("Diese Seite gibt es nicht.") from err


ShownApplication = Annotated[str, Depends(_application)]
"""An application's id in a page's address. What cannot be one is no page; a program is told what is wrong."""
ShownDocument = Annotated[str, Depends(_document)]


def texts(form: FormData) -> dict[str, str]:
    """The text fields of what a page sent; of several values the last."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
