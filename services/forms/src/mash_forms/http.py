# SPDX-License-Identifier: EUPL-1.2
"""What both HTTP doors, api and views, ask for: who calls, use cases, ids in the path, a letter's bytes."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Path
from starlette.responses import Response

from mash_forms.service import ApplicationService, Catalogue, DeskService, StoredDocument
from mash_sdk import journey
from mash_sdk.http import Allow, Provide
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Clerk = Annotated[Principal, Depends(Allow("clerk"))]
Person = Annotated[Principal, Depends(Allow("citizen", "clerk"))]

Applying = Annotated[ApplicationService, Provide(ApplicationService)]
Desk = Annotated[DeskService, Provide(DeskService)]
Forms = Annotated[Catalogue, Provide(Catalogue)]

FormName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="the form's name")]
_Id = Annotated[str, Path(max_length=36, description="UUIDv7")]


async def named_application(application_id: _Id) -> str:
    """The application the path names; what runs now belongs to its journey. Raises Invalid."""
    wanted = parse_id(application_id, "?application_id")
    journey.join(wanted)
    return wanted


async def named_document(document_id: _Id) -> str:
    """The document the path names. Raises Invalid."""
    return parse_id(document_id, "?document_id")


ApplicationId = Annotated[str, Depends(named_application)]
DocumentId = Annotated[str, Depends(named_document)]

PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


def pdf(letter: StoredDocument, disposition: Literal["inline", "attachment"]) -> Response:
    """A letter's bytes. Its file's name holds kind and reference only."""
    headers = {
        "content-disposition": f'{disposition}; filename="{letter.document.file_name}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(letter.content, media_type="application/pdf", headers=headers)
