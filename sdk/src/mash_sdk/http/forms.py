# SPDX-License-Identifier: EUPL-1.2
"""What a page's form sent, once it is proven that the page was ours and all of it can be stored."""

import hmac
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from mash_sdk.problems import Fault, Forbidden, Invalid, UnsupportedMediaType, pointer
from mash_sdk.storable import REASON, REMEDY, storable

CSRF_HEADER = "mash-csrf"
CSRF_FIELD = "csrf"
_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS = 500
_FILES = 20


async def _page_form(request: Request) -> AsyncIterator[FormData]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise UnsupportedMediaType("Bitte das Formular der Seite benutzen.")
    form = await request.form(max_files=_FILES, max_fields=_FIELDS)
    try:
        _check(form, request.headers.get(CSRF_HEADER, ""))
        yield form
    finally:
        await form.close()  # files that were sent lie on disk until then


def _check(form: FormData, expected: str) -> None:
    # Browsers do not let a person type such letters, so no page has to ask for the field once more.
    faults = [
        Fault(pointer(name), REASON, REMEDY)
        for name, value in form.multi_items()
        if not storable(name + ((value.filename or "") if isinstance(value, UploadFile) else value))
    ]
    if faults:
        raise Invalid("Das Formular enthält Zeichen, die nicht gespeichert werden können.", errors=faults)
    sent = form.get(CSRF_FIELD)
    if not expected or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Forbidden("Das Formular ist abgelaufen. Bitte die Seite neu laden.", kind="csrf")


PageForm = Annotated[FormData, Depends(_page_form)]
